/** `cokernel attach` in a real pseudo-terminal, beside a partner, on a real hub with a real kernel. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HubClient } from '@cokernel/core';
import type { Room } from '@cokernel/core';
import { DeviceId, RequestId, sourceHash } from '@cokernel/proto/hub';
import type { CodeCell } from '@cokernel/proto/notebook';
import { appendCell, makeCodeCell, readDocument } from '@cokernel/proto/notebook';
import { RealHub } from './support/real-hub.js';
import { Terminal, command } from './support/terminal.js';
import { until } from './support/until.js';

jest.setTimeout(90_000);

const hub = new RealHub();
/** ipykernel that says of itself that it has no subshells. */
const NO_SUBSHELLS = `from ipykernel.kernelapp import IPKernelApp
from ipykernel.ipkernel import IPythonKernel
told = IPythonKernel.kernel_info.fget
IPythonKernel.kernel_info = property(lambda kernel: {**told(kernel), 'supported_features': []})
IPKernelApp.launch_instance()`;
/** Code that goes on until that file is there. */
const untilFile = (name: string): string => `import os, time\nwhile not os.path.exists('${name}'): time.sleep(0.02)`;
let ann: Room;
let me: Terminal;
let opened: { close(): unknown }[] = [];

beforeAll(async () => {
  hub.writeNotebook('pair.ipynb', []);
  await hub.start();
});

afterAll(() => hub.remove());

beforeEach(async () => {
  const client = new HubClient({ url: hub.url, token: 'T' }, { log: () => undefined });
  const deviceId = DeviceId.parse('device-of-ann-0123456789');
  ann = client.joinRoom({ path: 'pair.ipynb', name: 'Ann', deviceId, client: 'page' });
  opened = [ann];
  await until('Ann to be in', () => ann.state.connection === 'connected' && ann.state.synced);
});

afterEach(async () => {
  for (const one of opened) await one.close();
});

async function attach(name = 'Cleo', env: NodeJS.ProcessEnv = {}): Promise<Terminal> {
  const terminal = new Terminal(hub, ['attach', 'pair.ipynb', '--name', name], env);
  opened.push(terminal);
  if (env['TERM'] !== 'dumb') await terminal.isReady();
  return terminal;
}

/** Ann puts a cell in and presses Run. */
async function annRuns(code: string): Promise<void> {
  const cell = makeCodeCell(code);
  appendCell(ann.document!.doc, cell);
  const cells = [{ cellId: cell.id, sourceHash: sourceHash(code) }];
  await ann.call('run', { requestId: RequestId.parse(`${cell.id}-run`), cells });
}

function cellsOfAnn(): readonly CodeCell[] {
  return readDocument(ann.document!.doc).cells.filter((cell): cell is CodeCell => cell.cell_type === 'code');
}

function outputsOf(source: string): string {
  return JSON.stringify(cellsOfAnn().find((cell) => cell.source === source)?.outputs ?? []);
}

describe('at the terminal', () => {
  beforeEach(async () => {
    me = await attach();
  });

  test('[M25] the header tells the notebook, the kernel, the people and the queue', () => {
    expect(me.text).toMatch(/pair\.ipynb · .+ · .*Ann.*Cleo \(you\).* · queue empty/);
  });

  test('[M27] what I run is a signed cell for all, and its output comes before my next prompt', async () => {
    me.type('print("so " + "it"); 40 + 2\r');
    await me.shows(/so it\nOut\[\d+\]: 42\n+In \[\d+\]:$/);
    const cell = cellsOfAnn().at(-1);
    expect(cell?.source).toBe('print("so " + "it"); 40 + 2');
    expect(cell?.metadata).toMatchObject({ cokernel: { author: { name: 'Cleo', client: 'terminal' } } });
    expect(JSON.stringify(cell?.outputs)).toContain('so it');
  });

  test('several lines are one cell: the kernel says when they are whole', async () => {
    me.type('for i in range(2):\rprint("row", i)\r\r');
    await me.shows(/row 0\nrow 1\n/);
    expect(cellsOfAnn().at(-1)?.source).toBe('for i in range(2):\n    print("row", i)');
  });

  test('what is typed while a run goes on waits for the next prompt', async () => {
    me.type('import time; time.sleep(0.3)\rprint("typed" + "ahead")\r');
    await me.shows('typedahead');
    expect(
      cellsOfAnn()
        .slice(-2)
        .map(({ source }) => source),
    ).toEqual(['import time; time.sleep(0.3)', 'print("typed" + "ahead")']);
  });

  test('Tab completes from the kernel, behind an emoji too', async () => {
    me.type('capital_words = 1\r');
    await until('the run', () => outputsOf('capital_words = 1') === '[]' && ann.state.kernel?.status === 'idle');
    await me.isReady();
    me.type('"👍"; capital_w\t');
    await me.shows('"👍"; capital_words');
  });

  test('Up brings back what an earlier session ran', async () => {
    me.type('"from the first session"\r');
    await me.shows(/Out\[\d+\]: 'from the first session'/);
    const later = await attach();
    later.type('\x1b[A');
    await until('the earlier input', () => later.lastLine.endsWith('"from the first session"'));
  });

  test('an error comes in its colours', async () => {
    me.type('1/0\r');
    await me.shows('ZeroDivisionError: division by zero');
    // eslint would call it a control character: the colour is what this is about.
    expect(me.raw.slice(me.raw.indexOf('ZeroDivisionError') - 20)).toMatch(/\x1b\[[\d;]*31m/);
  });

  test('[M28] input() is asked here and answered, and the answer is shown once', async () => {
    me.type('who = input("Who? ")\r');
    await until('the question', () => me.lastLine === 'Who?');
    me.type('Dora\r');
    await me.isReady();
    me.type('who.upper()\r');
    await me.shows("'DORA'");
    expect(me.text.match(/Who\? Dora/g)).toHaveLength(1);
  });

  test('a password is neither shown nor kept', async () => {
    me.type('from getpass import getpass; len(getpass("Secret: "))\r');
    await until('the question', () => me.lastLine === 'Secret:');
    me.type('hush12\r');
    await me.shows(/Out\[\d+\]: 6/);
    expect(me.raw).not.toContain('hush12');
  });

  test('[M30] Ctrl-C interrupts my run; Ctrl-D leaves and the kernel goes on', async () => {
    me.type('import time; time.sleep(60)\r');
    await until('the run', () => ann.state.queue.running !== null);
    me.type('\x03');
    await me.shows('KeyboardInterrupt');
    await me.isReady();
    me.type('half\x03');
    await me.isReady();
    me.type('\x03');
    await me.shows('/leave leaves');
    me.type('\x04');
    expect(await me.ended()).toBe(0);
    expect(ann.state.kernel?.status).toBe('idle');
  });

  test('[M11] /private runs on the same kernel and leaves no cell', async () => {
    me.type('shared = 6; "s" + "et"\r');
    await me.shows("'set'");
    const before = cellsOfAnn().length;
    me.type('/private shared * 111\r');
    await me.shows(/Out\[\d+\]: 666/);
    expect(cellsOfAnn()).toHaveLength(before);
  });
});

describe('beside a partner', () => {
  beforeEach(async () => {
    me = await attach();
  });

  test('[M26] her run comes live under her name and does not disturb my line', async () => {
    me.type('half a thou');
    await me.shows('half a thou');
    await annRuns('import time\nfor n in range(3):\n    print("step", n, flush=True)\n    time.sleep(0.05)');
    await me.shows(/╭ Ann runs\n│ import time\n[^]*│ step 0\n│ step 1\n│ step 2\n╰ Ann ran \[\d+\]\n/);
    expect(me.lastLine).toMatch(/^In \[\d+\]: half a thou$/);
    expect(me.text.match(/half a thou/g)).toHaveLength(1);
  });

  test('[M5] /queue shows what waits, and /move puts it at another place', async () => {
    await annRuns(untilFile('moved'));
    await annRuns('"first"');
    await annRuns('"second"');
    await until('both wait', () => me.text.includes('Ann runs') && ann.state.queue.queued.length === 2);
    const [first, second] = ann.state.queue.queued.map(({ runId }) => runId);
    // My terminal may hear of her last run after her own client does: it is asked until it lists both.
    for (let asked = 1; !/running {2}Ann\n +1 {2}Ann\n +2 {2}Ann\n/.test(me.text); asked += 1) {
      me.type('/queue\r');
      await until('an answer', () => me.text.match(/running {2}Ann\n[^]*?In \[\d+\]:/g)?.length === asked);
    }
    me.type('/move 3 1\r');
    await me.shows('nothing waits at place 3');
    me.type('/move 2 1\r');
    await until('the other order', () => ann.state.queue.queued[0]?.runId === second);
    expect(ann.state.queue.queued.map(({ runId }) => runId)).toEqual([second, first]);
    writeFileSync(join(hub.served, 'moved'), '');
    await me.shows(/Out\[\d+\]: 'second'[^]*Out\[\d+\]: 'first'/);
  });

  test('Tab completes while her cell runs', async () => {
    await annRuns('capital_words = 1');
    await annRuns(untilFile('go1'));
    await until('her run', () => ann.state.queue.running !== null && ann.state.queue.queued.length === 0);
    me.type('"👍"; capital_w\t');
    await me.shows('"👍"; capital_words');
    expect(ann.state.queue.running).not.toBeNull();
    writeFileSync(join(hub.served, 'go1'), '');
  });

  test('Tab while a kernel is busy that answers nothing beside its cell says so, and completes when it is free', async () => {
    hub.addKernel('plain', NO_SUBSHELLS);
    await ann.call('startKernel', { specName: 'plain' });
    await annRuns(untilFile('go2'));
    await until('her run', () => ann.state.queue.running !== null);
    me.type('prin\t');
    await me.shows('kernel busy: completions come when it is free');
    expect(me.lastLine).toMatch(/: prin$/);
    writeFileSync(join(hub.served, 'go2'), '');
    await until('the completion', () => me.lastLine.endsWith(': print'));
    await ann.call('startKernel', { specName: 'python3' });
  });

  test('her output can’t move my cursor or set my title', async () => {
    await annRuns('print("\\x1b]0;owned\\x07a\\x1b[2Jb")');
    await me.shows('│ ab');
    expect(me.raw).not.toContain('owned\x07');
    expect(me.text).toContain('pair.ipynb ·');
  });

  test('[M6] her question is shown, and /answer takes over', async () => {
    await annRuns('print("got " + input("Which way? "))');
    await me.shows(/Ann is asked: Which way\?/);
    me.type('/answer left\r');
    await me.shows('got left');
  });

  test('who comes and who leaves is said', async () => {
    const ben = await attach('Ben');
    await me.shows('Ben came in');
    ben.type('\x04');
    await me.shows('Ben left');
  });

  test('[M31] a lost connection is said, and after it everything works again', async () => {
    await hub.stop();
    await me.shows('connection lost');
    await hub.start();
    await me.shows('connected again');
    await me.isReady();
    me.type('"back" + "again"\r');
    await me.shows("'backagain'");
  });
});

describe('without a rich terminal', () => {
  test('a dumb terminal gets plain lines and no cursor movement', async () => {
    const plain = await attach('Cleo', { TERM: 'dumb' });
    await plain.shows(/In \[\d+\]:/);
    plain.type('6 * 111\n');
    await plain.shows(/Out\[\d+\]: 666/);
    expect(plain.raw).not.toContain('\x1b');
    plain.type('\x04');
    expect(await plain.ended()).toBe(0);
  });

  test('[M32] a pipe’s lines are run one after the other, and the exit code says whether all went well', async () => {
    const good = await command(hub, ['attach', 'pair.ipynb'], 'x = 20\nfor i in range(2):\n    print(i)\n\nx + 22\n');
    expect(good.stdout).toMatch(/0\n1\nOut\[\d+\]: 42\n$/);
    expect(good.exitCode).toBe(0);
    const bad = await command(hub, ['attach', 'pair.ipynb'], '1/0\n');
    expect(bad.exitCode).toBe(1);
  });

  test('of what the notebook has no room for both ends are shown, and the command that writes all of it', async () => {
    const code = 'for i in range(60_000): print(i)';
    const { stdout } = await command(hub, ['attach', 'pair.ipynb'], `${code}\n\n`);
    const [, cell = ''] =
      /⋯ [\d,]+ characters in [\d,]+ lines are not shown here; all of it: cokernel output pair\.ipynb (\S+) ⋯/.exec(
        stdout,
      ) ?? [];
    expect(stdout).toMatch(/\n0\n1\n2\n[^]*\n59998\n59999\n$/);
    expect(stdout).not.toContain('/api/');
    const all = (await command(hub, ['output', 'pair.ipynb', cell])).stdout;
    expect(all === Array.from({ length: 60_000 }, (_, number) => `${String(number)}\n`).join('')).toBe(true);
  });
});
