/** The hub's store of queues on a Redis of the bench's own, and what benches do with it. */
import type { RedisStore } from '../hub/src/storage/redis/open-redis-store.js';
import type { leasedQueue } from '../hub/test/support/leased-queue.js';
import { openRedis } from '../hub/test/support/open-redis.js';
import { newRequestId, queuedRun } from '../hub/test/support/queued-run.js';
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

export type LeasedQueue = Awaited<ReturnType<typeof leasedQueue>>;

/** One run, from being asked for to its end. */
export async function cycle({ queue, kernelId, fence }: LeasedQueue): Promise<void> {
  await queue.enqueue(kernelId, newRequestId(), [queuedRun()]);
  const taken = await queue.takeNext(kernelId, fence, new Date().toISOString());
  if (taken.outcome !== 'taken') throw new Error(`the run was not taken: ${taken.outcome}`);
  await settle({ queue, kernelId, fence }, taken.run.view.runId);
}

export async function settle(
  { queue, kernelId, fence }: LeasedQueue,
  runId: Parameters<LeasedQueue['queue']['settle']>[2],
): Promise<void> {
  const finishedAt = new Date().toISOString();
  await queue.settle(kernelId, fence, runId, { state: 'succeeded', finishedAt, executionCount: 1, reason: null });
}
