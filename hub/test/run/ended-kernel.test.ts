/** What the rooms of a kernel are told when it is ended for good, however late its queue tells its steps. */
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { KernelId } from '@cokernel/proto/hub';
import { QueueUnavailable, type RunQueue } from '../../src/run/run-queue.js';
import type { EmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { kernelSessionsOver } from '../support/kernel-sessions.js';
import { newHubId, newRequestId, queuedRun } from '../support/queued-run.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { silentHost } from '../support/silent-host.js';
import { waitUntil } from '../support/wait-until.js';

const log = pino({ level: 'silent' });

let scratch: ScratchFolder;
let store: EmbeddedStore;

beforeEach(async () => {
  scratch = await scratchFolder();
  store = await openEmbeddedStore({ directory: path.join(scratch.path, 'store'), onNotice: () => undefined, log });
});

afterEach(async () => {
  await store.close();
  await scratch.remove();
});

/** As a queue in Redis may be: its changes come when nobody listens any more. */
function toldTooLate(queue: RunQueue): RunQueue {
  return Object.assign(queue, { subscribe: () => () => undefined });
}

describe('the end of a kernel', () => {
  test.each([
    ['at once', (queue: RunQueue) => queue],
    ['too late', toldTooLate],
  ])('ends its waiting runs, each told once, when the queue tells its steps %s', async (_title, told) => {
    const sessions = kernelSessionsOver(store, { host: silentHost(), queue: told(store.runQueue) });
    const session = await sessions.start({ specName: 's', cwd: '/', labels: {} });
    const runs = [queuedRun(), queuedRun()];
    await store.runQueue.enqueue(session.kernelId, newRequestId(), runs);
    const ended: string[] = [];
    session.listen({
      kernelChanged: () => undefined,
      usageTold: () => undefined,
      promptChanged: () => undefined,
      ranOverTime: () => undefined,
      queueChanged: ({ finished }) => ended.push(...finished.map(({ runId, state }) => `${runId} ${state}`)),
    });
    await sessions.shutdown(session, 'enough');
    expect(ended).toEqual(runs.map(({ view }) => `${view.runId} cancelled`));
    expect(sessions.list()).toEqual([]);
  });
});

test('[P56] a hub that lets go of its kernels starts none: who still asks is to ask again, and its leases are free', async () => {
  const host = silentHost();
  const started: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const slow: typeof host = {
    ...host,
    start: async (options) => {
      started.push(options.kernelId);
      await gate;
      return host.start(options);
    },
  };
  const sessions = kernelSessionsOver(store, { host: slow });
  const start = { specName: 's', cwd: '/', labels: {} };
  const before = sessions.start(start);
  await waitUntil('the first is on its way', () => started.length === 1);
  const closed = sessions.close();
  await expect(sessions.start(start)).rejects.toThrow(QueueUnavailable);
  open();
  await expect(before).rejects.toThrow('ask again');
  await closed;
  expect(started).toHaveLength(1);
  expect(sessions.list()).toEqual([]);
  const kernel = { kind: 'kernel', id: KernelId.parse(started[0]) } as const;
  expect(await store.leases.claim(kernel, newHubId(), 1_000, 0)).toMatchObject({ outcome: 'claimed' });
});
