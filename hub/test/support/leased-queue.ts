/** A new kernel with a lease in a store, and what tests of its queue do again and again. */
import type { KernelId } from '@cokernel/proto/hub';
import type { LeaseStore } from '../../src/run/lease.js';
import type { EnqueueOutcome, QueueChange, RunQueue } from '../../src/run/run-queue.js';
import { newHubId, newKernelId, newRequestId, queuedRun } from './queued-run.js';

export async function leasedQueue({ leases, runQueue }: { readonly leases: LeaseStore; readonly runQueue: RunQueue }) {
  const kernelId = newKernelId();
  const claim = await leases.claim({ kind: 'kernel', id: kernelId }, newHubId(), 60_000, 0);
  if (claim.outcome !== 'claimed') throw new Error('the lease of a new kernel was taken');
  return { kernelId, fence: claim.fence, queue: runQueue };
}

export type LeasedQueue = Awaited<ReturnType<typeof leasedQueue>>;

/** What is told of a queue from now on. */
export function follow(runQueue: RunQueue, kernelId: KernelId): QueueChange[] {
  const changes: QueueChange[] = [];
  runQueue.subscribe(kernelId, (change) => changes.push(change));
  return changes;
}

export function enqueueOne(runQueue: RunQueue, kernelId: KernelId): Promise<EnqueueOutcome> {
  return runQueue.enqueue(kernelId, newRequestId(), [queuedRun()]);
}
