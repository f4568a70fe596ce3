/** The store in a Redis Cluster keeps the same contracts, on three real servers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { LeaseEnded } from '../../src/right.js';
import { openRedisStore, type RedisStore } from '../../src/storage/redis/open-redis-store.js';
import { documentStoreContract } from '../contracts/document-store-contract.js';
import { leaseContract } from '../contracts/lease-contract.js';
import { compareWithModel } from '../contracts/queue-comparison.js';
import { runQueueContract } from '../contracts/run-queue-contract.js';
import { enqueueOne, follow } from '../support/leased-queue.js';
import { newFolderId, newHubId, newKernelId } from '../support/queued-run.js';
import { ask, type RedisCluster, startRedisCluster } from '../support/redis-cluster.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 60_000;
const SEQUENCES = 25;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
}, SLOW_MS);
afterAll(async () => {
  await cluster.remove();
});

async function openStore(url = cluster.url): Promise<RedisStore> {
  const store = await openRedisStore({ url, onStatus: () => undefined, log: pino({ level: 'silent' }) });
  await store.connected();
  return store;
}

describe('the run queue in a Redis Cluster', () => {
  runQueueContract(() => openStore());
});

describe('the leases in a Redis Cluster', () => {
  leaseContract(() => openStore());
});

describe('the documents in a Redis Cluster', () => {
  documentStoreContract(
    async () => {
      const store = await openStore();
      return {
        open: (fileId, fence) => store.documents.open(fileId, fence),
        create: (fileId, fence, epoch, state) => store.documents.create(fileId, fence, epoch, state),
        keepForeignCopy: (fileId, state) => store.documents.keepForeignCopy(fileId, state),
        foreignCopies: (fileId) => store.documents.foreignCopies(fileId),
        readForeignCopy: (fileId, name) => store.documents.readForeignCopy(fileId, name),
        close: () => store.close(),
      };
    },
    { sequences: 3 },
  );
});

test(
  'any sequence of steps on a queue in a Redis Cluster answers, tells and keeps what the model does',
  async () => {
    const { sequences, steps } = await compareWithModel(() => openStore(), { seed: 3, sequences: SEQUENCES });
    expect(sequences).toBe(SEQUENCES);
    expect(steps).toBeGreaterThan(SEQUENCES);
  },
  SLOW_MS,
);

test('all keys of a kernel lie on one node, and kernels lie on all nodes', async () => {
  const store = await openStore();
  const kernelIds = Array.from({ length: 30 }, () => newKernelId());
  for (const kernelId of kernelIds) {
    await store.leases.claim({ kind: 'kernel', id: kernelId }, newHubId(), 1_000, 0);
    await enqueueOne(store.runQueue, kernelId);
    await store.runQueue.takeNext(kernelId, 1, '2026-01-01T00:00:00.000Z');
  }
  const keys = await Promise.all(cluster.nodes.map(async (node) => (await ask(node, 'KEYS', '*')) as string[]));
  const ofEach = kernelIds.map((id) => keys.map((found) => found.filter((key) => key.includes(id)).length));
  for (const counts of ofEach) {
    expect(counts.filter((count) => count > 0)).toHaveLength(1);
    expect(Math.max(...counts)).toBeGreaterThan(3);
  }
  for (const node of keys.keys()) expect(ofEach.some((counts) => (counts[node] ?? 0) > 0)).toBe(true);
  await store.close();
});

describe('several hubs on one Redis Cluster', () => {
  test('agree on their folder, find each other, and one of them writes what they keep together', async () => {
    const store = await openStore();
    const ids = { folder: newFolderId(), store: 'a-store' };
    const { folder } = await store.folder.agree(ids);
    expect([folder, await store.folder.read()]).toEqual([ids.folder, ids]);
    const [ann, ben] = [newHubId(), newHubId()];
    const hubs = store.hubs(folder);
    await hubs.register(ann, 'http://hub-a:8765');
    expect(await hubs.addressOf(ann)).toBe('http://hub-a:8765');
    expect(await hubs.secret()).toBe(await hubs.secret());
    await store.leases.claim({ kind: 'folder', id: folder }, ann, 0, 0);
    await store.keptText(folder, 1, 'index').write('of ann');
    expect(await store.leases.claim({ kind: 'folder', id: folder }, ben, 60_000, 0)).toMatchObject({ fence: 2 });
    await expect(store.keptText(folder, 1, 'index').write('late')).rejects.toThrow(LeaseEnded);
    expect(await store.keptText(folder, 2, 'index').read()).toBe('of ann');
    await store.close();
  });

  test('each is told the changes of all, each once and in order, whichever node has the queue', async () => {
    const stores = await Promise.all([openStore(), openStore(`${cluster.nodes[1]?.url ?? ''}?cluster=1`)]);
    for (let kernels = 0; kernels < 6; kernels += 1) {
      const kernelId = newKernelId();
      const told = stores.map(({ runQueue }) => follow(runQueue, kernelId));
      // Where each feed begins is settled before the first step of another hub.
      await Promise.all(stores.map(({ runQueue }) => runQueue.snapshot(kernelId)));
      const steps = Array.from({ length: 10 }, () => stores.map(({ runQueue }) => enqueueOne(runQueue, kernelId)));
      await Promise.all(steps.flat());
      await waitUntil('all hubs know all changes', () => told.every(({ length }) => length >= 20));
      const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
      for (const changes of told) expect(changes.map(({ snapshot }) => snapshot.number)).toEqual(numbers);
    }
    await Promise.all(stores.map((store) => store.close()));
  });
});
