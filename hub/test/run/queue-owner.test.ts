/** The owner's steps on a queue, with the queue that a hub has without Redis. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { QueueOwner } from '../../src/run/queue-owner.js';
import type { KernelId } from '@cokernel/proto/hub';
import { QueueUnavailable, type QueueSnapshot, type RunQueue } from '../../src/run/run-queue.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { leasedQueue } from '../support/leased-queue.js';
import { newHubId, newKernelId, newRequestId, queuedRun } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';

const log = pino({ level: 'silent' });
let directory: string;
let store: EmbeddedStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cokernel-queue-owner-'));
  store = await openEmbeddedStore({ directory, onNotice: () => undefined, log });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

test('a run that is lost holds the queue before it leaves it, whenever the hub ends', async () => {
  const [kernelId, lost, waits] = [newKernelId(), queuedRun(), queuedRun()];
  const claim = await store.leases.claim({ kind: 'kernel', id: kernelId }, newHubId(), 60_000, 0);
  if (claim.outcome !== 'claimed') throw new Error('the lease of a new kernel was taken');
  const queue = store.runQueue;
  await queue.enqueue(kernelId, newRequestId(), [lost, waits]);
  await queue.takeNext(kernelId, claim.fence, '2026-01-01T00:00:01.000Z');
  const seen: QueueSnapshot[] = [];
  queue.subscribe(kernelId, ({ snapshot }) => seen.push(snapshot));

  const end = { state: 'lost', finishedAt: '2026-01-01T00:00:02.000Z', executionCount: null, reason: 'gone' } as const;
  const owner = new QueueOwner({ kernelId, queue, onBack: () => undefined, log });
  await owner.settle(claim.fence, lost.view.runId, end);
  await waitUntil('the run to leave the queue', () => seen.some(({ running }) => running === null));
  expect(seen.map(({ held, running }) => [held, running?.runId ?? null])).toEqual([
    ['runLost', lost.view.runId],
    ['runLost', null],
  ]);
  expect(await queue.takeNext(kernelId, claim.fence, '2026-01-01T00:00:03.000Z')).toEqual({ outcome: 'nothing' });
});

/** The queue, whose answers to these steps are lost so often. */
function deaf(queue: RunQueue, lost: number): RunQueue {
  let left = lost;
  const hear = async <T>(answer: Promise<T>): Promise<T> => {
    const heard = await answer;
    if (left > 0) {
      left -= 1;
      throw new QueueUnavailable('the connection broke');
    }
    return heard;
  };
  return Object.assign(Object.create(queue) as RunQueue, {
    snapshot: (kernelId: KernelId) => queue.snapshot(kernelId),
    takeNext: (...args: Parameters<RunQueue['takeNext']>) => hear(queue.takeNext(...args)),
    settleAndTakeNext: (...args: Parameters<RunQueue['settleAndTakeNext']>) => hear(queue.settleAndTakeNext(...args)),
  });
}

test('[X11] a run whose taking was not heard of is handed over when it is asked for again', async () => {
  const { kernelId, fence, queue } = await leasedQueue(store);
  const [one, two] = [queuedRun(), queuedRun()];
  await queue.enqueue(kernelId, newRequestId(), [one, two]);
  let isBack = false;
  const onBack = (): void => {
    isBack = true;
  };
  const owner = new QueueOwner({ kernelId, queue: deaf(queue, 1), onBack, log });
  expect(await owner.takeNext(fence, '2026-01-01T00:00:01.000Z')).toBeNull();
  expect((await queue.running(kernelId))?.view.runId).toBe(one.view.runId);
  await waitUntil('the queue to be in reach', () => isBack);
  const taken = await owner.takeNext(fence, '2026-01-01T00:00:02.000Z');
  expect(taken?.view).toMatchObject({ runId: one.view.runId, startedAt: '2026-01-01T00:00:01.000Z' });
  owner.stop();
});

test('[X11] a step that settles a run and takes the next is asked again as it was until it is heard', async () => {
  const { kernelId, fence, queue } = await leasedQueue(store);
  const [one, two, three] = [queuedRun(), queuedRun(), queuedRun()];
  await queue.enqueue(kernelId, newRequestId(), [one, two, three]);
  const owner = new QueueOwner({ kernelId, queue: deaf(queue, 1), onBack: () => undefined, log });
  await queue.takeNext(kernelId, fence, '2026-01-01T00:00:01.000Z');
  const end = { state: 'succeeded', finishedAt: '2026-01-01T00:00:02.000Z', executionCount: 1, reason: null } as const;
  const next = await owner.settleAndTakeNext(fence, one.view.runId, end, '2026-01-01T00:00:02.000Z');
  expect(next?.view.runId).toBe(two.view.runId);
  expect(await queue.snapshot(kernelId)).toMatchObject({ number: 3, queued: [{ runId: three.view.runId }] });
  owner.stop();
});
