/** A hub that can't reach the kernels of the one before: their machine is gone, which two folders for keepers stand for. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { BreakableWay } from './support/breakable-way.js';
import { JupyterServer } from './support/jupyter-server.js';
import type { RoomProgram } from './support/room-program.js';
import { HubsOfATest } from './support/hubs-of-a-test.js';
import { TOKEN, kernelsOf, writeCells } from './support/test-hub.js';
import type { TestHub } from './support/test-hub.js';
import { waitUntil } from './support/wait-until.js';

const SLOW_MS = 120_000;
const WAIT_FOR_FILE = `import os, time\nprint('began', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.02)\nprint('waited')`;
const FOR_EVER = 'import time\nwhile True: time.sleep(0.02)';

let all: HubsOfATest;
const atEnd: (() => unknown)[] = [];

beforeEach(async () => {
  all = await HubsOfATest.make();
  await writeCells(
    all.place,
    'a.ipynb',
    'import os\nx = os.getpid(), os.getppid()\nprint(x)',
    FOR_EVER,
    'print("x", x)',
  );
}, SLOW_MS);

afterEach(async () => {
  for (const end of atEnd.splice(0)) await end();
  await all.end();
}, SLOW_MS);

/** A hub on this machine; all machines share folder and store. */
function onMachine(name: string): Promise<TestHub> {
  return all.startIn({ COKERNEL_KEEPER_DATA: path.join(all.place.data, name) });
}

/** Code that a program runs by REST. */
async function executed(hub: TestHub, kernelId: string, code: string): Promise<string> {
  const { json } = await hub.rest('POST', `/api/kernels/${kernelId}/execute`, { code });
  return z.object({ request_id: z.string() }).parse(json).request_id;
}

/** What is told to who follows a run without a cell to its end. */
async function followed(hub: TestHub, runId: string): Promise<string> {
  const address = `${hub.url}/api/hub/runs/${runId}/transcript?follow=1`;
  return (await fetch(address, { headers: { authorization: `token ${TOKEN}` } })).text();
}

async function occupied(hub: TestHub) {
  const ann = await all.join(hub, 'a.ipynb', 'Ann');
  expect(await ann.ran('c0')).toBe('succeeded');
  const requestId = randomUUID();
  const { runs } = await ann.run(['c1', 'c2'], { requestId });
  const running = runs[0]?.run.runId ?? '';
  await waitUntil('it runs', () => ann.told('queueChanged').at(-1)?.queue.running?.runId === running);
  const [kernel] = await kernelsOf(hub);
  const waiting = await executed(hub, kernel?.kernelId ?? '', 'print("never")');
  // Of a kernel that no notebook uses.
  const { id } = z.object({ id: z.string() }).parse((await hub.rest('POST', '/api/kernels', {})).json);
  const alone = await executed(hub, id, `print("began", flush=True)\n${FOR_EVER}`);
  const begun = `/api/hub/runs/${alone}/transcript`;
  const text = async (): Promise<string> =>
    (await fetch(`${hub.url}${begun}`, { headers: { authorization: `token ${TOKEN}` } })).text();
  await waitUntil('the other one runs', async () => (await text()).includes('began'));
  return { kernelId: kernel?.kernelId ?? '', requestId, runs, waiting, alone, printed: ann.output('c0') };
}

/** Of keeper and kernel. */
async function pidsOf(program: RoomProgram): Promise<readonly number[]> {
  expect(await program.ran('c0')).toBe('succeeded');
  await waitUntil('it has printed', () => /\d+, \d+/.test(program.output('c0')));
  const [, kernel, keeper] = /(\d+), (\d+)/.exec(program.output('c0')) ?? [];
  return [Number(keeper), Number(kernel)];
}

/** It says nothing, until it goes on; at the end of the test at the latest. */
function stopProcess(pid: number): { readonly goOn: () => void } {
  const goOn = (): void => void process.kill(pid, 'SIGCONT');
  atEnd.push(goOn);
  process.kill(pid, 'SIGSTOP');
  return { goOn };
}

function goneOf(program: RoomProgram): string | undefined {
  return program.told('kernelChanged').at(-1)?.gone;
}

describe('a hub whose machine has none of the kernels', () => {
  test(
    '[P58] [X7] opens the notebook whole, says that its kernel is gone, ends every run of it once, and starts a fresh one by one call',
    async () => {
      const first = await onMachine('one');
      const before = await occupied(first);
      await first.stop('SIGTERM');
      const second = await onMachine('two');
      expect(await followed(second, before.waiting)).toMatch(
        /"finished","state":"cancelled".*its kernel is gone: the machine/,
      );
      expect(await followed(second, before.alone)).toMatch(/began(.|\n)*"finished","state":"lost".*its kernel is gone/);

      const ann = await all.join(second, 'a.ipynb');
      const welcome = await ann.hello('Ann');
      expect(welcome).toMatchObject({ kernel: null, queue: { running: null, queued: [] } });
      expect(welcome.kernelGone).toContain('machine');
      expect([ann.output('c0'), ann.cell('c1').metadata, ann.output('c2')]).toEqual([
        before.printed,
        expect.objectContaining({ cokernel: { run: expect.objectContaining({ state: 'lost' }) } }),
        '',
      ]);
      // Who had no answer asks again by the same id: it is not run a second time.
      const again = await ann.run(['c1', 'c2'], { requestId: before.requestId });
      expect(again.runs.map(({ run }) => [run.runId, run.state])).toEqual([
        [before.runs[0]?.run.runId, 'lost'],
        [before.runs[1]?.run.runId, 'cancelled'],
      ]);
      expect(await kernelsOf(second)).toEqual([]);

      const ben = await all.join(second, 'a.ipynb', 'Ben');
      await Promise.all([ann.call('startKernel', {}), ben.call('startKernel', {})]);
      for (const one of [ann, ben]) {
        await waitUntil('it is there', () => one.told('kernelChanged').at(-1)?.kernel?.status === 'idle');
        expect(goneOf(one)).toBeUndefined();
      }
      expect(await kernelsOf(second)).toHaveLength(1);
      expect(ann.output('c0')).toBe(before.printed);
      expect(await ann.ran('c2')).toBe('failed');
      expect(ann.output('c2')).toContain("name 'x' is not defined");

      // The other machine is back: its kernel is there, and nobody's.
      await second.stop('SIGINT');
      const kernels = await kernelsOf(await onMachine('one'));
      expect(kernels.find(({ kernelId }) => kernelId === before.kernelId)).toMatchObject({ notebooks: [] });
    },
    SLOW_MS,
  );

  test(
    '[P58] [X7] says the same when its own keeper was killed with the kernel, to who comes later too, until a run starts another',
    async () => {
      const first = await all.start();
      const ann = await all.join(first, 'a.ipynb', 'Ann');
      const pids = await pidsOf(ann);
      await first.stop('SIGTERM');
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      const second = await all.start();
      for (const name of ['Ben', 'Cleo']) {
        const welcome = await (await all.join(second, 'a.ipynb')).hello(name);
        expect(welcome).toMatchObject({ kernel: null, kernelGone: expect.any(String) });
      }
      const dan = await all.join(second, 'a.ipynb', 'Dan');
      expect(await dan.ran('c0')).toBe('succeeded');
      expect(await (await all.join(second, 'a.ipynb')).hello('Eve')).not.toHaveProperty('kernelGone');
    },
    SLOW_MS,
  );

  test(
    '[P26] [X7] keeps a kernel that died meanwhile for those who wait for it: its run is lost, and a restart begins it anew',
    async () => {
      const first = await all.start();
      const ann = await all.join(first, 'a.ipynb', 'Ann');
      const pids = await pidsOf(ann);
      const { runs } = await ann.run(['c1', 'c2']);
      await waitUntil('it runs', () => ann.told('queueChanged').at(-1)?.queue.running?.runId === runs[0]?.run.runId);
      await first.stop('SIGTERM');
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      const second = await all.start();
      const ben = await all.join(second, 'a.ipynb');
      expect(await ben.hello('Ben')).toMatchObject({ kernel: { status: 'dead' }, queue: { held: 'runLost' } });
      await ben.call('restart', { queued: 'keep' });
      await waitUntil('what waited has run', () => ben.told('runFinished').length > 0);
      expect(ben.told('runFinished').map(({ run }) => [run.runId, run.state])).toEqual([
        [runs[1]?.run.runId, 'failed'],
      ]);
      expect(ben.told('kernelChanged').at(-1)?.kernel?.status).toBe('idle');
    },
    SLOW_MS,
  );
});

describe('a hub whose keeper says nothing when it starts', () => {
  test(
    '[X7] opens the notebook, starts no second kernel for who runs a cell, and goes on with the first, its runs and all that it printed, as soon as the keeper answers',
    async () => {
      await writeCells(
        all.place,
        'late.ipynb',
        'import os\nx = os.getpid(), os.getppid()\nprint(x)',
        WAIT_FOR_FILE,
        'print("x", x)',
      );
      const first = await all.start();
      const before = await all.join(first, 'late.ipynb', 'Ann');
      const [keeperPid = 0] = await pidsOf(before);
      const { runs } = await before.run(['c1', 'c2']);
      await waitUntil('it runs', () => before.output('c1').includes('began'));
      const [kernel] = await kernelsOf(first);
      await first.stop('SIGTERM');
      const keeper = stopProcess(keeperPid);

      const second = await all.start();
      expect(second.stdout()).toContain('No kernel can run: no answer');
      const ann = await all.join(second, 'late.ipynb');
      const welcome = await ann.hello('Ann');
      expect(welcome).toMatchObject({ kernel: null });
      expect(welcome).not.toHaveProperty('kernelGone');
      // What nobody knows the end of is not said to be lost.
      expect(ann.cell('c1').metadata).toMatchObject({
        cokernel: { run: { runId: runs[0]?.run.runId, state: 'running' } },
      });
      const asked = ann.run(['c0']);
      const started = second.rest('POST', '/api/sessions', {
        path: 'late.ipynb',
        type: 'notebook',
        kernel: { name: 'python3' },
      });
      await writeFile(path.join(all.place.served, 'go'), '');
      keeper.goOn();

      expect((await started).json).toMatchObject({ kernel: { id: kernel?.kernelId } });
      const last = (await asked).runs[0]?.run.runId;
      await waitUntil('all has run', () => ann.told('runFinished').some(({ run }) => run.runId === last));
      expect(ann.output('c1')).toContain('"began\\nwaited\\n"');
      expect(ann.output('c0')).toBe(before.output('c0'));
      expect(ann.output('c2')).toBe(before.output('c0').replace('"(', '"x ('));
      expect(await kernelsOf(second)).toMatchObject([
        { kernelId: kernel?.kernelId, notebooks: [{ path: 'late.ipynb' }] },
      ]);
    },
    SLOW_MS,
  );
});

describe('a hub whose remote engine is away when it starts', () => {
  test(
    '[X7] opens the notebook, and goes on with its kernel when the engine is back',
    async () => {
      const server = await JupyterServer.start();
      const way = await BreakableWay.to(server.port);
      atEnd.push(
        () => way.close(),
        () => server.stop(),
      );
      const atEngine = { COKERNEL_GATEWAY_URL: way.url, COKERNEL_GATEWAY_TOKEN: server.token };
      const first = await all.startIn(atEngine);
      expect(await (await all.join(first, 'a.ipynb', 'Ann')).ran('c0')).toBe('succeeded');
      const [kernel] = await kernelsOf(first);
      await first.stop('SIGTERM');
      way.cut();

      const second = await all.startIn(atEngine);
      expect(second.stdout()).toContain('No kernel can run');
      const ann = await all.join(second, 'a.ipynb', 'Ann');
      way.mend();
      await waitUntil('it is found', () => ann.told('kernelChanged').at(-1)?.kernel?.kernelId === kernel?.kernelId);
      expect(await ann.ran('c2')).toBe('succeeded');
      expect(ann.output('c2')).toContain('x (');
      expect(await server.kernelIds()).toHaveLength(1);
    },
    SLOW_MS,
  );
});
