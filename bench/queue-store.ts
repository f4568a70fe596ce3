/** The hub's store of queues on a Redis of the bench's own, and what benches do with it. */
import { randomUUID } from 'node:crypto';
import { CellId, RunId } from '@cokernel/proto/hub';
import type { QueuedRun, Settlement, TakeOutcome } from '../hub/src/run/run-queue.js';
import type { RedisStore } from '../hub/src/storage/redis/open-redis-store.js';
import type { LeasedQueue } from '../hub/test/support/leased-queue.js';
import { openRedis } from '../hub/test/support/open-redis.js';
import { newRequestId } from '../hub/test/support/queued-run.js';
import { type RedisServer, startRedisServer } from '../hub/test/support/redis-server.js';

export interface BenchStore {
  readonly store: RedisStore;
  readonly server: RedisServer;
  close(): Promise<void>;
}

export async function openBenchStore(appendfsync: 'always' | 'everysec'): Promise<BenchStore> {
  const server = await startRedisServer({ appendfsync });
  const store = await openRedis(server.url);
  return {
    store,
    server,
    close: async () => {
      await store.close();
      await server.remove();
    },
  };
}

/**
 * So many runs like this one, one after the other, each asked for while the one before it runs: its owner settles that one and takes this one in
 * one step.
 */
export async function cyclesOf({ queue, kernelId, fence }: LeasedQueue, run: QueuedRun, count: number): Promise<void> {
  let before: RunId | null = null;
  for (let each = 0; each < count; each += 1) {
    await queue.enqueue(kernelId, newRequestId(), [anew(run)]);
    const now = new Date().toISOString();
    const taken: TakeOutcome =
      before === null
        ? await queue.takeNext(kernelId, fence, now)
        : await queue.settleAndTakeNext(kernelId, fence, before, ended(now), now);
    if (taken.outcome !== 'taken') throw new Error(`the run was not taken: ${taken.outcome}`);
    before = taken.run.view.runId;
  }
  if (before !== null) await queue.settle(kernelId, fence, before, ended(new Date().toISOString()));
}

/** The same of another cell. */
function anew({ view, ...rest }: QueuedRun): QueuedRun {
  const target = { kind: 'cell', cellId: CellId.parse(randomUUID()) } as const;
  return { view: { ...view, runId: RunId.parse(randomUUID()), target }, ...rest };
}

function ended(finishedAt: string): Settlement {
  return { state: 'succeeded', finishedAt, executionCount: 1, reason: null };
}

export async function settle({ queue, kernelId, fence }: LeasedQueue, runId: RunId): Promise<void> {
  await queue.settle(kernelId, fence, runId, ended(new Date().toISOString()));
}
