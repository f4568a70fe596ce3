/** The keeper's own coming and going: one a data folder, outliving its hubs, leaving when it is not needed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { KeeperConnection } from '../../src/kernel/keeper-connection.js';
import { keeperPaths } from '../../src/kernel/keeper-paths.js';
import { encodeJson } from '../../src/kernel/keeper-protocol.js';
import { evaluated, KernelEvents, readyKernel, sendCode } from '../support/kernel-events.js';
import { isAlive, isRunning, rawHub, stateOf, TestKeeper, type TestKeeperOptions } from '../support/keeper.js';
import { keeperCommand } from '../../../test/end-to-end/support/programs.js';
import { waitUntil } from '../support/wait-until.js';

const TIMEOUT = 120_000;
let keeper: TestKeeper;

afterEach(() => keeper.stop());

async function newKeeper(options: TestKeeperOptions = {}): Promise<TestKeeper> {
  keeper = await TestKeeper.make(options);
  return keeper;
}

/** Starts so many keepers at once; gives those that stay when all others have left. */
async function raceOf(count: number, dataDir: string): Promise<readonly ChildProcess[]> {
  const [program = '', ...args] = keeperCommand;
  const all = Array.from({ length: count }, () =>
    spawn(program, [...args, '--data-dir', dataDir, '--idle-exit-ms', '60000'], { stdio: 'ignore' }),
  );
  const staying = () => all.filter(({ exitCode }) => exitCode === null);
  try {
    await waitUntil('one is left', () => staying().length === 1);
  } catch (error) {
    for (const child of all) child.kill('SIGTERM');
    throw error;
  }
  return staying();
}

describe('the keeper itself', () => {
  test(
    'of many that start at once one stays, also beside the remains of one that was killed',
    async () => {
      const { dataDir } = await newKeeper();
      const [first] = await raceOf(4, dataDir);
      first?.kill('SIGKILL');
      await waitUntil('the first has gone', () => first?.signalCode === 'SIGKILL');
      const [second] = await raceOf(4, dataDir);
      expect(await keeper.host().kernels()).toEqual([]);
      second?.kill('SIGTERM');
      await waitUntil('the second has gone', () => second?.exitCode === 0);
    },
    TIMEOUT,
  );

  test(
    '[X19] kernels outlive the hub, and wait for the next with what they said meanwhile',
    async () => {
      const first = (await newKeeper()).host();
      const started = await readyKernel(first);
      const id = await sendCode(started.kernel, 'import time\ntime.sleep(0.3)\nprint("said to nobody")');
      await first.close();
      const second = keeper.host();
      const events = new KernelEvents();
      await second.attach(started.kernelId, { fromSeq: started.events.seqs.at(-1) ?? 0, fence: 2 }, events.listener);
      await events.untilDone(id);
      expect(events.textOf(id)).toBe('said to nobody\n');
      expect(await keeper.pids()).toHaveLength(1);
    },
    TIMEOUT,
  );

  test(
    'without hubs and kernels it leaves, and the next hub starts another',
    async () => {
      const host = (await newKeeper({ idleExitMs: 50 })).host();
      expect(await host.kernels()).toEqual([]);
      const [pid = 0] = await keeper.pids();
      await host.close();
      await waitUntil('the keeper has gone', () => !isAlive(pid));
      expect(await keeper.host().kernels()).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'when it is told to stop it ends its kernels first',
    async () => {
      const host = (await newKeeper()).host();
      const started = await readyKernel(host);
      const kernelPid = Number(await evaluated(started, 'import os; print(os.getpid())'));
      const [pid = 0] = await keeper.pids();
      process.kill(pid, 'SIGTERM');
      await started.events.until('detached');
      await waitUntil('both have gone', () => !isRunning(pid) && !isRunning(kernelPid));
    },
    TIMEOUT,
  );

  test(
    'one that starts while another leaves waits until its kernels have ended',
    async () => {
      const started = await readyKernel((await newKeeper()).host());
      const kernelPid = Number(await evaluated(started, 'import os, signal; print(os.getpid())'));
      await sendCode(started.kernel, 'os.kill(os.getpid(), signal.SIGSTOP)');
      await waitUntil('it hears nothing', () => stateOf(kernelPid).startsWith('T'));
      const [pid = 0] = await keeper.pids();
      process.kill(pid, 'SIGTERM');
      const { socketPath } = await keeperPaths(keeper.dataDir);
      await waitUntil('it is not to be found', () =>
        stat(socketPath).then(
          () => false,
          () => true,
        ),
      );
      expect(await keeper.host().kernels()).toEqual([]);
      expect(isRunning(kernelPid)).toBe(false);
      expect(await keeper.pids()).toHaveLength(2);
    },
    TIMEOUT,
  );

  test(
    'when no hub has called for it in long it ends its kernels and leaves',
    async () => {
      const host = (await newKeeper({ leaveAfterMs: 300 })).host();
      const started = await readyKernel(host);
      const kernelPid = Number(await evaluated(started, 'import os; print(os.getpid())'));
      const [pid = 0] = await keeper.pids();
      expect(isAlive(pid)).toBe(true);
      await host.close();
      await waitUntil('both have gone', () => !isRunning(pid) && !isRunning(kernelPid));
      expect(await keeper.log()).toContain('noHubCame');
    },
    TIMEOUT,
  );

  test(
    'when its data folder is gone it ends its kernels and leaves, whoever is connected',
    async () => {
      const started = await readyKernel((await newKeeper()).host());
      const kernelPid = Number(await evaluated(started, 'import os; print(os.getpid())'));
      const [pid = 0] = await keeper.pids();
      await rename(keeper.dataDir, `${keeper.dataDir}-away`);
      await started.events.until('detached');
      await waitUntil('both have gone', () => !isRunning(pid) && !isRunning(kernelPid));
    },
    TIMEOUT,
  );

  test(
    'a hub whose keeper was lost is told, and reaches a new one on demand',
    async () => {
      const host = (await newKeeper()).host();
      const started = await readyKernel(host);
      const kernelPid = Number(await evaluated(started, 'import os; print(os.getpid())'));
      const [pid = 0] = await keeper.pids();
      process.kill(pid, 'SIGKILL');
      await started.events.until('detached');
      await expect(started.kernel.interrupt()).rejects.toMatchObject({ code: 'unreachable' });
      expect((await host.kernels()).map(({ kernelId }) => kernelId)).toEqual([started.kernelId]);
      expect(await keeper.pids()).toHaveLength(2);
      expect(isAlive(kernelPid)).toBe(true);
    },
    TIMEOUT,
  );

  test(
    'a data folder with a long path is served through a short socket',
    async () => {
      const host = (await newKeeper({ longPath: true })).host();
      expect(await host.kernels()).toEqual([]);
      const { socketPath, socketDir } = await keeperPaths(keeper.dataDir);
      expect(Buffer.byteLength(socketPath)).toBeLessThanOrEqual(100);
      expect(((await stat(socketDir)).mode & 0o777).toString(8)).toBe('700');
    },
    TIMEOUT,
  );

  test(
    'bytes that are no frames, or another version, end that connection only',
    async () => {
      const host = (await newKeeper()).host();
      expect(await host.kernels()).toEqual([]);
      for (const rude of [await rawHub(keeper.dataDir, 99), await rawHub(keeper.dataDir)]) {
        const closed = new Promise((resolve) => rude.once('close', resolve));
        rude.resume().write(Buffer.alloc(8));
        await closed;
      }
      expect(await host.kernels()).toEqual([]);
      expect(await keeper.pids()).toHaveLength(1);
    },
    TIMEOUT,
  );

  test(
    'a keeper of another version is told apart',
    async () => {
      await newKeeper();
      const path = (await keeperPaths(keeper.dataDir)).socketPath;
      const server = createServer((socket) => socket.resume().write(encodeJson({ type: 'hello', version: 3 })));
      await new Promise<void>((resolve) => server.listen(path, resolve));
      await expect(KeeperConnection.open(path, () => undefined)).rejects.toMatchObject({ code: 'versionMismatch' });
      await new Promise((resolve) => server.close(resolve));
    },
    TIMEOUT,
  );
});
