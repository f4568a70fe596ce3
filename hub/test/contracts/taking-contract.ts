/** How runs are taken, alone and in one step with the end of the one before; a part of run-queue-contract.ts. */
import { expect, test } from '@jest/globals';
import type { RunId } from '@cokernel/proto/hub';
import type { QueueChange, Settlement } from '../../src/run/run-queue.js';
import type { LeasedQueue } from '../support/leased-queue.js';
import { newRequestId, queuedRun } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';

const startedAt = '2026-01-01T00:00:01.000Z';
const later = '2026-01-01T00:00:01.500Z';
const finishedAt = '2026-01-01T00:00:02.000Z';
const ended = (state: Settlement['state']): Settlement => ({ state, finishedAt, executionCount: 3, reason: null });

/** `newQueue`: a kernel with a lease, and its queue's calls. */
export function takingContract(newQueue: () => Promise<LeasedQueue>): void {
  test('the next run is handed over, and both are told as one change', async () => {
    const { kernelId, fence, queue } = await newQueue();
    const changes: QueueChange[] = [];
    const unsubscribe = queue.subscribe(kernelId, (change) => changes.push(change));
    const [one, two] = [queuedRun(), queuedRun()];
    await queue.enqueue(kernelId, newRequestId(), [one, two]);
    await queue.takeNext(kernelId, fence, startedAt);
    const running = { ...two, view: { ...two.view, state: 'running', startedAt: later } };
    const step = () => queue.settleAndTakeNext(kernelId, fence, one.view.runId, ended('succeeded'), later);
    expect(await step()).toEqual({ outcome: 'taken', run: running });
    // Asked again by an owner that did not hear the answer.
    expect(await step()).toEqual({ outcome: 'taken', run: running });
    expect(await queue.running(kernelId)).toEqual(running);
    expect(await queue.find(kernelId, one.view.runId)).toEqual({ ...one.view, startedAt, ...ended('succeeded') });
    const last = await queue.snapshot(kernelId);
    expect(last).toMatchObject({ number: 3, running: running.view, queued: [] });
    await waitUntil('three changes', () => changes.length >= 3);
    expect(changes).toHaveLength(3);
    expect(changes[2]).toEqual({ snapshot: last, finished: [{ ...one.view, startedAt, ...ended('succeeded') }] });
    unsubscribe();
  });

  test('with nothing behind it, held, or settled before, nothing is taken', async () => {
    const { kernelId, fence, queue } = await newQueue();
    const [one, two] = [queuedRun(), queuedRun()];
    await queue.enqueue(kernelId, newRequestId(), [one]);
    await queue.takeNext(kernelId, fence, startedAt);
    const settle = (runId: RunId) => queue.settleAndTakeNext(kernelId, fence, runId, ended('succeeded'), later);
    expect(await settle(one.view.runId)).toEqual({ outcome: 'nothing' });
    expect(await settle(one.view.runId)).toEqual({ outcome: 'nothing' });
    await queue.enqueue(kernelId, newRequestId(), [two, queuedRun()]);
    await queue.takeNext(kernelId, fence, startedAt);
    expect(await settle(one.view.runId)).toEqual({ outcome: 'nothing' });
    await queue.hold(kernelId, 'byOwner');
    expect(await settle(two.view.runId)).toEqual({ outcome: 'nothing' });
    expect(await queue.snapshot(kernelId)).toMatchObject({ number: 7, running: null, queued: [{ state: 'queued' }] });
    expect(await queue.settleAndTakeNext(kernelId, fence - 1, one.view.runId, ended('failed'), later)).toMatchObject({
      outcome: 'stale',
    });
  });

  test('[X10] the rest of the batch of one that failed is passed over', async () => {
    const { kernelId, fence, queue } = await newQueue();
    const [one, two] = [queuedRun({ batch: 'b' }), queuedRun({ batch: 'b' })];
    const other = queuedRun();
    await queue.enqueue(kernelId, newRequestId(), [one, two, other]);
    await queue.takeNext(kernelId, fence, startedAt);
    const taken = await queue.settleAndTakeNext(kernelId, fence, one.view.runId, ended('failed'), later);
    expect(taken).toMatchObject({ run: { view: { runId: other.view.runId } } });
    expect(await queue.find(kernelId, two.view.runId)).toMatchObject({ state: 'cancelled' });
  });

  test('a take that is asked again as it was hands the same run over', async () => {
    const { kernelId, fence, queue } = await newQueue();
    const one = queuedRun();
    await queue.enqueue(kernelId, newRequestId(), [one, queuedRun()]);
    const first = await queue.takeNext(kernelId, fence, startedAt);
    expect(first).toMatchObject({ run: { view: { runId: one.view.runId } } });
    expect(await queue.takeNext(kernelId, fence, startedAt)).toEqual(first);
    expect((await queue.snapshot(kernelId)).number).toBe(2);
  });
}
