/** A keeper of the former protocol version, as it was shipped: a hub of today keeps its kernels. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { evaluated, KernelEvents, readyKernel, sendCode } from '../support/kernel-events.js';
import { isRunning, TestKeeper } from '../support/keeper.js';
import { waitUntil } from '../support/wait-until.js';

const TIMEOUT = 120_000;
const FORMER = fileURLToPath(new URL('./previous/keeper-v1.js', import.meta.url));
let keeper: TestKeeper;
let former: ReturnType<typeof spawn>;

afterEach(async () => {
  await keeper.stop();
  former.kill('SIGTERM');
  await waitUntil('the former keeper has gone', () => former.exitCode !== null || former.signalCode !== null);
});

/** Its hosts find it running, and start none. */
async function newFormerKeeper(): Promise<TestKeeper> {
  keeper = await TestKeeper.make();
  former = spawn(process.execPath, [FORMER, '--data-dir', keeper.dataDir, '--idle-exit-ms', '30000'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  former.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)));
  await waitUntil('it has started', () => said.includes('the keeper has started'));
  return keeper;
}

describe('a keeper of version 1', () => {
  test(
    '[X19] keeps its kernel for a hub of today, which runs, interrupts and shuts it down',
    async () => {
      const before = (await newFormerKeeper()).host();
      const started = await readyKernel(before);
      const pid = Number(await evaluated(started, 'import os, time; x = 41; print(os.getpid())'));
      const last = started.events.seqs.at(-1) ?? 0;
      await before.close();

      const host = keeper.host();
      expect(await host.kernels()).toMatchObject([{ kernelId: started.kernelId, state: 'ready', origin: 'started' }]);
      const events = new KernelEvents();
      const attached = await host.attach(started.kernelId, { fromSeq: last, fence: 2 }, events.listener);
      expect(attached.hosted.knowsAllRequests).toBe(true);
      const now = { ...started, ...attached, events };
      expect(await evaluated(now, 'print(x + 1)')).toBe('42\n');
      const sleeping = await sendCode(now.kernel, 'print("asleep")\ntime.sleep(600)');
      await events.untilChild(sleeping, 'stream');
      await now.kernel.interrupt(sleeping);
      await events.untilDone(sleeping);
      await expect(sendCode(now.kernel, '1', { msgId: sleeping })).rejects.toMatchObject({ code: 'alreadySent' });
      await now.kernel.shutdown();
      expect(isRunning(pid)).toBe(false);
      expect(await host.kernels()).toEqual([]);
      expect(former.exitCode).toBeNull();
    },
    TIMEOUT,
  );

  test(
    '[X7] its events get the number at which they stand, so that attaching again misses and repeats nothing',
    async () => {
      const host = (await newFormerKeeper()).host();
      const { kernel, kernelId, events } = await readyKernel(host);
      await kernel.restart();
      await events.until('ready', 2);
      const [restarting] = events.ofType('restarting');
      expect(events.seqs).toEqual(Array.from({ length: events.seqs.length }, (_, index) => index + 1));
      const again = new KernelEvents();
      const fromSeq = (restarting?.seq ?? 0) - 1;
      await keeper.host().attach(kernelId, { fromSeq, fence: 2 }, again.listener);
      await again.until('ready');
      expect(again.all[0]).toEqual(restarting);
    },
    TIMEOUT,
  );

  test(
    '[J14] refuses to attach a running kernel, which it can not, with what to do',
    async () => {
      const host = (await newFormerKeeper()).host();
      const kernelId = KernelId.parse(randomUUID());
      const existing = { kernelId, connectionFile: '/nowhere/kernel.json', labels: {}, fence: 1 };
      await expect(host.adoptExisting(existing)).rejects.toMatchObject({
        code: 'versionMismatch',
        message: expect.stringContaining('shut its kernels down'),
      });
    },
    TIMEOUT,
  );
});
