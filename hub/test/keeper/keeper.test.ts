/** The keeper with real kernels: bursts, failed launches, deaths, leftovers, files. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { FrameReader } from '../../src/kernel/frame-stream.js';
import { keeperPaths } from '../../src/kernel/keeper-paths.js';
import { decodeKernelMessage, encodeJson, FRAME_KERNEL_MESSAGE } from '../../src/kernel/keeper-protocol.js';
import { evaluated, readyKernel, sendCode, startKernel } from '../support/kernel-events.js';
import {
  isAlive,
  isRunning,
  pythonCommand,
  rawHub,
  stateOf,
  TestKeeper,
  type TestKeeperOptions,
} from '../support/keeper.js';
import { waitUntil } from '../support/wait-until.js';

const TIMEOUT = 120_000;
let keeper: TestKeeper;

afterEach(() => keeper.stop());

async function newKeeper(options: TestKeeperOptions = {}): Promise<TestKeeper> {
  keeper = await TestKeeper.make(options);
  return keeper;
}

describe('messages', () => {
  test(
    '[J19] ten thousand messages of one run arrive, each once and in order',
    async () => {
      const host = (await newKeeper()).host();
      const { kernel, events } = await readyKernel(host);
      const code = 'from IPython.display import display\nfor i in range(10000): display({"n": i}, raw=True)';
      const id = await sendCode(kernel, code);
      await events.untilDone(id);
      const numbers = events.childrenOf(id, 'display_data').map(({ content }) => content['data']);
      expect(numbers).toEqual(Array.from({ length: 10_000 }, (_, n) => ({ n })));
    },
    TIMEOUT,
  );

  test(
    '[J19] a kernel drops nothing while its keeper gets no processor',
    async () => {
      const host = (await newKeeper()).host();
      const { kernel, events } = await readyKernel(host);
      const [pid = 0] = await keeper.pids();
      const done = join(keeper.dataDir, 'done');
      const show = 'for i in range(10000): display({"n": i}, metadata={"x": "x" * 2000}, raw=True)';
      const id = await sendCode(
        kernel,
        `from IPython.display import display\n${show}\nopen(${JSON.stringify(done)}, "w")`,
      );
      await events.untilChild(id, 'display_data');
      process.kill(pid, 'SIGSTOP');
      await waitUntil('the kernel to have shown all', () => existsSync(done), 30_000).finally(() =>
        process.kill(pid, 'SIGCONT'),
      );
      await events.untilDone(id);
      const numbers = events.childrenOf(id, 'display_data').map(({ content }) => content['data']);
      expect(numbers).toEqual(Array.from({ length: 10_000 }, (_, n) => ({ n })));
    },
    TIMEOUT,
  );

  test(
    '[X16] what is kept for a hub that does not read has its own bound; it hears of one gap, then the newest',
    async () => {
      const maxUnreadJournalBytes = 16 * 1024 * 1024;
      const host = (await newKeeper({ maxJournalBytes: 1024 * 1024, maxUnreadJournalBytes })).host();
      const started = await readyKernel(host);
      const stalled = await rawHub(keeper.dataDir);
      const { kernelId } = started;
      const attach = { request: 'attach', kernelId, fromSeq: 0, fence: 1 } as const;
      stalled.write(encodeJson({ type: 'request', id: 1, ...attach }));
      stalled.pause();
      const show = 'from IPython.display import display\nfor i in range(400): display({"n": "x" * 100_000}, raw=True)';
      await evaluated(started, show);
      const last = started.events.seqs.at(-1) ?? 0;
      const heard = await readUntil(stalled, last);
      // Of 40 MB: what the journal holds, and what waited in the socket before.
      expect(heard.bytes).toBeGreaterThan(maxUnreadJournalBytes - 1024 * 1024);
      expect(heard.bytes).toBeLessThan(maxUnreadJournalBytes + 8 * 1024 * 1024);
      expect(heard.gaps).toBe(1);
      expect(heard.seqs).toEqual([...heard.seqs].sort((a, b) => a - b));
      stalled.destroy();
    },
    TIMEOUT,
  );
});

async function readUntil(socket: Socket, last: number) {
  const reader = new FrameReader();
  const heard = { bytes: 0, gaps: 0, seqs: [] as number[] };
  socket.on('data', (chunk: Buffer) => {
    heard.bytes += chunk.length;
    for (const { kind, payload } of reader.feed(chunk)) {
      if (kind === FRAME_KERNEL_MESSAGE) heard.seqs.push(decodeKernelMessage(payload)?.seq ?? 0);
      else if (payload.includes('"gap"')) heard.gaps += 1;
    }
  });
  socket.resume();
  await waitUntil('the newest message', () => heard.seqs.includes(last));
  return heard;
}

describe('starting', () => {
  test(
    '[X20] a program that is missing is told at once, with what to do',
    async () => {
      const host = (await newKeeper()).host();
      await keeper.addSpec('missing', ['/no/such/program', '{connection_file}']);
      const refused = {
        code: 'launchFailed',
        message: expect.stringContaining('/no/such/program was not found: install'),
      };
      await expect(startKernel(host, 'missing')).rejects.toMatchObject(refused);
      expect(await host.kernels()).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    '[J9] a program that ends before it is ready is told with its stderr, and not started again',
    async () => {
      const host = (await newKeeper()).host();
      await keeper.addSpec('broken', [process.execPath, '-e', 'console.error("no module named x"); process.exit(3)']);
      const { events } = await startKernel(host, 'broken');
      await events.until('died');
      const [died] = events.ofType('died');
      expect(died?.reason).toContain('exit code 3');
      expect(died?.stderr).toContain('no module named x');
      expect(events.ofType('restarting')).toEqual([]);
      expect((await host.kernels()).map(({ state }) => state)).toEqual(['dead']);
    },
    TIMEOUT,
  );

  test(
    "[J13] the spec's env is applied, and the kernel has no parent to die with",
    async () => {
      const host = (await newKeeper()).host();
      await keeper.addSpec('envied', await pythonCommand(), { env: { COLOUR: 'blue ${HOME}' } });
      const started = await readyKernel(host, 'envied');
      const code =
        'import os; print(os.environ["COLOUR"], "JPY_PARENT_PID" in os.environ, os.getpgid(0) == os.getpid())';
      expect(await evaluated(started, code)).toBe(`blue ${String(process.env['HOME'])} False True\n`);
    },
    TIMEOUT,
  );

  test(
    '[J14] connection file, output and socket are the owner’s only; a shutdown leaves no file',
    async () => {
      const host = (await newKeeper()).host();
      const { kernelId, kernel } = await readyKernel(host);
      const folder = join(keeper.dataDir, 'kernels', kernelId);
      const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
      for (const name of ['connection.json', 'stdout.log', 'stderr.log'])
        expect(await modeOf(join(folder, name))).toBe('600');
      expect(await modeOf((await keeperPaths(keeper.dataDir)).socketPath)).toBe('600');
      expect(await modeOf(keeper.dataDir)).toBe('700');
      await kernel.shutdown();
      await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    },
    TIMEOUT,
  );
});

describe('ending', () => {
  test(
    '[J12] a kernel that is killed is started again, and its memory is new',
    async () => {
      const host = (await newKeeper()).host();
      const started = await readyKernel(host);
      const { kernel, events } = started;
      await sendCode(
        kernel,
        'print("last words", flush=True)\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)',
      );
      await events.until('ready', 2);
      expect(events.ofType('restarting')[0]?.reason).toContain('SIGKILL');
      expect(await evaluated(started, 'print("last" in dir())')).toBe('False\n');
    },
    TIMEOUT,
  );

  test(
    '[J12] one that dies again and again is given up after five restarts',
    async () => {
      const host = (await newKeeper()).host();
      const { kernel, events } = await readyKernel(host);
      for (let death = 1; death <= 6; death += 1) {
        await events.until('ready', death);
        await sendCode(kernel, 'import os; os.write(2, b"fatal"); os._exit(9)');
        if (death < 6) await events.until('restarting', death);
      }
      await events.until('died');
      expect(events.ofType('restarting')).toHaveLength(5);
      expect(events.ofType('died')[0]?.reason).toContain('exit code 9');
      await expect(sendCode(kernel, '1')).rejects.toMatchObject({ code: 'badRequest' });
      await kernel.restart();
      expect(events.ofType('ready')).toHaveLength(7);
    },
    TIMEOUT,
  );

  test(
    '[J10] a shutdown takes along what the kernel has started, even if it will not listen',
    async () => {
      const host = (await newKeeper()).host();
      const started = await readyKernel(host);
      const code = [
        'import os, signal, subprocess, sys',
        'child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); signal.signal(2, signal.SIG_IGN); time.sleep(600)"])',
        'print(os.getpid(), child.pid)',
      ].join('\n');
      const pids = (await evaluated(started, code)).split(' ').map(Number);
      expect(pids.map(isAlive)).toEqual([true, true]);
      await started.kernel.shutdown();
      await waitUntil('no process is left', () => !pids.some(isRunning));
    },
    TIMEOUT,
  );

  test(
    '[J10] a kernel that ignores every request is ended by force',
    async () => {
      const host = (await newKeeper()).host();
      const started = await readyKernel(host);
      const pid = Number(await evaluated(started, 'import os, signal; print(os.getpid())'));
      await sendCode(started.kernel, 'os.kill(os.getpid(), signal.SIGSTOP)');
      await waitUntil('it is stopped', () => stateOf(pid).startsWith('T'));
      await started.kernel.shutdown();
      expect(isRunning(pid)).toBe(false);
    },
    TIMEOUT,
  );

  test(
    '[X21] an interrupt that names a run which is over leaves the next one alone',
    async () => {
      const { kernel, events } = await readyKernel((await newKeeper()).host());
      const over = await sendCode(kernel, 'import time');
      await events.untilDone(over);
      const next = await sendCode(kernel, 'for i in range(40): time.sleep(0.05)\nprint("to its end")');
      await events.untilChild(next, 'execute_input');
      await kernel.interrupt(over);
      await events.untilDone(next);
      expect(events.textOf(next)).toBe('to its end\n');
      const third = await sendCode(kernel, 'print("asleep")\ntime.sleep(600)');
      await events.untilChild(third, 'stream');
      await kernel.interrupt(third);
      await events.untilDone(third);
      expect(events.childrenOf(third, 'execute_reply')[0]?.content['ename']).toBe('KeyboardInterrupt');
    },
    TIMEOUT,
  );

  test(
    '[J11] a kernelspec that wants a message is interrupted by one, on control',
    async () => {
      const host = (await newKeeper()).host();
      await keeper.addSpec('by-message', await pythonCommand(), { interrupt_mode: 'message' });
      const { kernel, events } = await readyKernel(host, 'by-message');
      const id = await sendCode(kernel, 'import time\nprint("asleep")\ntime.sleep(600)');
      await events.untilChild(id, 'stream');
      await kernel.interrupt();
      await events.untilDone(id);
      expect(events.messages.map(({ header }) => header.msg_type)).toContain('interrupt_reply');
    },
    TIMEOUT,
  );
});
