/** A Redis Cluster that goes away, comes late or moves keys: what its hubs do then. Three real servers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { QueueUnavailable } from '../../src/run/run-queue.js';
import { queueKeys } from '../../src/storage/redis/keys.js';
import { openRedisStore, type RedisStore } from '../../src/storage/redis/open-redis-store.js';
import type { RedisStatus } from '../../src/storage/redis/redis-connection.js';
import { enqueueOne, follow } from '../support/leased-queue.js';
import { newKernelId } from '../support/queued-run.js';
import { ask, beginToMove, type RedisCluster, startRedisCluster } from '../support/redis-cluster.js';
import { RoomProgram } from '../support/room-program.js';
import { type HubPlace, hubPlace, startHub, type TestHub, writeCells } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 60_000;

let cluster: RedisCluster;
let place: HubPlace;
let hub: TestHub | null = null;
beforeAll(async () => {
  place = await hubPlace();
  cluster = await startRedisCluster();
}, SLOW_MS);
afterAll(async () => {
  await hub?.stop();
  await place.remove();
  await cluster.remove();
}, SLOW_MS);

const unheard = (): void => undefined;

async function openStore(onStatus: (status: RedisStatus) => void = unheard, url = cluster.url): Promise<RedisStore> {
  const store = await openRedisStore({ url, onStatus, log: pino({ level: 'silent' }) });
  await store.connected();
  return store;
}

test(
  'steps are refused at once while their node is away, the hub is told, and all goes on when it is back',
  async () => {
    const statuses: RedisStatus[] = [];
    const [here, there] = await Promise.all([openStore((status) => statuses.push(status)), openStore()]);
    const kernelId = newKernelId();
    const owner = await cluster.ownerOf(queueKeys(kernelId).changes);
    const changes = follow(here.runQueue, kernelId);
    await enqueueOne(here.runQueue, kernelId);
    await waitUntil('the first change', () => changes.length === 1);
    await owner.stop();
    await waitUntil('the hub is told', () => statuses.at(-1)?.connected === false);
    expect(statuses.at(-1)).toMatchObject({ reason: expect.stringContaining(`127.0.0.1:${String(owner.port)}`) });
    const refused = await here.runQueue.snapshot(kernelId).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(QueueUnavailable);
    expect(String(refused)).not.toContain('no answer');
    await expect(here.answers()).rejects.toThrow(QueueUnavailable);
    await owner.start();
    await Promise.all([here.connected(), there.connected()]);
    // A restarted node has forgotten the scripts.
    await enqueueOne(there.runQueue, kernelId);
    await waitUntil('the change after the break', () => changes.length >= 2);
    expect(changes.map(({ snapshot }) => [snapshot.number, snapshot.queued.length])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    await Promise.all([here.close(), there.close()]);
  },
  SLOW_MS,
);

test(
  'a cluster that begins later than the hub is found, and so is what a hub listens to by then',
  async () => {
    for (const node of cluster.nodes) await node.stop();
    const statuses: RedisStatus[] = [];
    const options = { url: cluster.url, log: pino({ level: 'silent' }) };
    const store = await openRedisStore({ ...options, onStatus: (status) => statuses.push(status) });
    const kernelId = newKernelId();
    const changes = follow(store.runQueue, kernelId);
    await waitUntil('the first attempt has failed', () => statuses.length > 0);
    await expect(store.runQueue.snapshot(kernelId)).rejects.toThrow(QueueUnavailable);
    for (const node of cluster.nodes) await node.start();
    await store.connected();
    await enqueueOne(store.runQueue, kernelId);
    await waitUntil('the change is told', () => changes.at(-1)?.snapshot.queued.length === 1);
    await store.close();
  },
  SLOW_MS,
);

test(
  'a queue whose keys are moved to another node is refused while they are, and found there',
  async () => {
    const store = await openStore();
    const kernelId = newKernelId();
    const changes = follow(store.runQueue, kernelId);
    await enqueueOne(store.runQueue, kernelId);
    const move = await beginToMove(cluster, queueKeys(kernelId).changes);
    await expect(store.runQueue.snapshot(kernelId)).rejects.toThrow(QueueUnavailable);
    await move.end();
    await enqueueOne(store.runQueue, kernelId);
    expect((await store.runQueue.snapshot(kernelId)).queued).toHaveLength(2);
    expect(await cluster.ownerOf(queueKeys(kernelId).changes)).toBe(move.to);
    await waitUntil('both changes', () => changes.length >= 2);
    expect(changes.map(({ snapshot }) => snapshot.number)).toEqual([1, 2]);
    await store.close();
  },
  SLOW_MS,
);

test('[P53] its password is that of all nodes, and is told to nobody', async () => {
  const secretly = (address: string): string => address.replace('redis://', 'redis://:secret@');
  for (const node of cluster.nodes) await ask(node, 'CONFIG', 'SET', 'requirepass', 'secret');
  const store = await openStore(unheard, secretly(cluster.url));
  await Promise.all(Array.from({ length: 20 }, () => enqueueOne(store.runQueue, newKernelId())));
  await store.close();
  const statuses: RedisStatus[] = [];
  const url = secretly(cluster.url).replace('secret', 'wrong');
  const log = pino({ level: 'silent' });
  const refused = await openRedisStore({ url, onStatus: (status) => statuses.push(status), log });
  await waitUntil('it is refused', () => statuses.length > 0);
  expect(statuses[0]).toMatchObject({ connected: false, reason: expect.stringContaining('WRONGPASS') });
  expect(JSON.stringify(statuses)).not.toContain(':wrong');
  await refused.close();
  for (const node of cluster.nodes) {
    await ask({ ...node, url: secretly(node.url) }, 'CONFIG', 'SET', 'requirepass', '');
  }
});

test('a node that is named as if it were the only Redis is told apart, with what to do', async () => {
  const store = await openStore(unheard, cluster.nodes[0]?.url);
  const refusals = await Promise.allSettled(Array.from({ length: 20 }, () => store.runQueue.snapshot(newKernelId())));
  const reasons = refusals.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  expect(reasons[0]).toContain('?cluster=1');
  await store.close();
});

test('[X1] a hub that is killed leaves its document and its queue in the cluster for the next', async () => {
  await writeCells(place, 'a.ipynb', 'print("one")', 'import time\ntime.sleep(600)');
  const start = (): Promise<TestHub> => startHub(place, ['--redis', cluster.url], { COKERNEL_DOCUMENTS: 'redis' });
  hub = await start();
  const ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
  expect(await ann.ran('c0')).toBe('succeeded');
  ann.setSource('c0', 'print("two")');
  await waitUntil('it is stored', () => ann.told('stored').length > 0);
  const { runs } = await ann.run(['c1', 'c0']);
  const ids = runs.map(({ run }) => run.runId);
  await waitUntil('c1 runs', () => ann.told('queueChanged').at(-1)?.queue.running?.runId === ids[0]);
  const { epoch } = await ann.hello('Ann');
  process.kill(hub.pid, 'SIGKILL');
  await ann.isClosed();
  hub = await start();
  const ben = await RoomProgram.join(hub, 'a.ipynb', 'Ben');
  expect(ben.source('c0')).toBe('print("two")');
  expect(ben.output('c0')).toContain('one');
  expect((await ben.hello('Ben')).epoch).toBe(epoch);
  const { running, queued } = await ben.call('queue', {});
  expect([running?.runId, ...queued.map(({ runId }) => runId)]).toEqual(ids);
  ben.close();
}, 120_000);
