/** The owner's steps on a queue, with the queue that a hub has without Redis. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { QueueOwner } from '../../src/run/queue-owner.js';
import type { QueueSnapshot } from '../../src/run/run-queue.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
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
