/** The store in Redis keeps the contracts of the ports that it implements, on a real server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RunId } from '@cokernel/proto/hub';
import { pino } from 'pino';
import { createClient } from 'redis';
import { type QueueChange, QueueUnavailable } from '../../src/run/run-queue.js';
import type { RedisStatus } from '../../src/storage/redis/redis-connection.js';
import { openRedisStore, type RedisStore } from '../../src/storage/redis/open-redis-store.js';
import { queueKeys } from '../../src/storage/redis/keys.js';
import { leaseContract } from '../contracts/lease-contract.js';
import { queueRulesContract } from '../contracts/queue-rules-contract.js';
import { runQueueContract } from '../contracts/run-queue-contract.js';
import { runQueueModel } from '../contracts/run-queue-model.js';
import { enqueueOne, follow, leasedQueue } from '../support/leased-queue.js';
import { newHubId, newKernelId, newRequestId, queuedRun } from '../support/queued-run.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';

const now = '2026-01-01T00:00:02.000Z';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(async () => {
  await server.remove();
});

async function openStore(onStatus: (status: RedisStatus) => void = () => undefined): Promise<RedisStore> {
  const store = await openRedisStore({ url: server.url, onStatus, log: pino({ level: 'silent' }) });
  await store.connected();
  return store;
}

describe('the run queue in Redis', () => {
  runQueueContract(() => openStore());
});

describe('the rules of a run queue in Redis', () => {
  queueRulesContract(() => openStore());
});

describe('the leases in Redis', () => {
  leaseContract(() => openStore());
});

describe('the run queue in Redis against the model', () => {
  runQueueModel(() => openStore());
});

describe('several hubs on one Redis', () => {
  test('each hub is told the changes of all, each once and in order', async () => {
    const stores = [await openStore(), await openStore(), await openStore()];
    const kernelId = newKernelId();
    const told = stores.map(({ runQueue }) => {
      const changes: QueueChange[] = [];
      runQueue.subscribe(kernelId, (change) => changes.push(change));
      return changes;
    });
    // Where each feed begins is settled before the first step of another hub.
    await Promise.all(stores.map(({ runQueue }) => runQueue.snapshot(kernelId)));
    const steps = Array.from({ length: 20 }, () =>
      stores.map(({ runQueue }) => runQueue.enqueue(kernelId, newRequestId(), [queuedRun()])),
    );
    await Promise.all(steps.flat());
    await waitUntil('all hubs know all changes', () => told.every(({ length }) => length >= 60));
    const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
    for (const changes of told) expect(changes.map(({ snapshot }) => snapshot.number)).toEqual(numbers);
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
    await Promise.all(stores.map((store) => store.close()));
  });
});

describe('a connection that breaks', () => {
  test('steps are refused at once while Redis is away, the hub is told, and goes on when it is back', async () => {
    const statuses: RedisStatus[] = [];
    const store = await openStore((status) => statuses.push(status));
    const kernelId = newKernelId();
    const changes: QueueChange[] = [];
    store.runQueue.subscribe(kernelId, (change) => changes.push(change));
    await store.runQueue.enqueue(kernelId, newRequestId(), [queuedRun()]);
    await waitUntil('the first change', () => changes.length === 1);
    await server.stop();
    await waitUntil('the hub is told', () => statuses.at(-1)?.connected === false);
    expect(statuses.at(-1)).toMatchObject({ reason: expect.stringContaining(`127.0.0.1:${String(server.port)}`) });
    await expect(store.runQueue.snapshot(kernelId)).rejects.toThrow(QueueUnavailable);
    await expect(store.leases.release({ kind: 'kernel', id: kernelId }, 1)).rejects.toThrow(QueueUnavailable);
    await server.start();
    await store.connected();
    expect(statuses.at(-1)).toEqual({ connected: true });
    // A restarted server has forgotten the scripts.
    await store.runQueue.enqueue(kernelId, newRequestId(), [queuedRun()]);
    await waitUntil('the change after the break', () => changes.length === 2);
    expect(changes.map(({ snapshot }) => [snapshot.number, snapshot.queued.length])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    await store.close();
  });

  test('changes that were made while a hub could not listen are read from the stream', async () => {
    const [here, there] = [await openStore(), await openStore()];
    const admin = await createClient({ url: server.url }).connect();
    const kernelId = newKernelId();
    const changes: QueueChange[] = [];
    here.runQueue.subscribe(kernelId, (change) => changes.push(change));
    // Where the feed begins is settled before the first step of the other hub.
    await here.runQueue.snapshot(kernelId);
    await there.runQueue.enqueue(kernelId, newRequestId(), [queuedRun()]);
    await waitUntil('the first change', () => changes.length === 1);
    await Promise.all([
      admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']),
      ...Array.from({ length: 30 }, () => there.runQueue.enqueue(kernelId, newRequestId(), [queuedRun()])),
    ]);
    await waitUntil('all changes', () => changes.length >= 31);
    expect(changes.map(({ snapshot }) => snapshot.number)).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
    expect(changes.at(-1)?.snapshot).toEqual(await here.runQueue.snapshot(kernelId));
    admin.destroy();
    await Promise.all([here.close(), there.close()]);
  });

  test('a Redis that was never reached is named, and steps are refused until it is', async () => {
    const statuses: RedisStatus[] = [];
    const url = 'redis://:secret@127.0.0.1:1';
    const store = await openRedisStore({ url, onStatus: (s) => statuses.push(s), log: pino({ level: 'silent' }) });
    await waitUntil('the first attempt has failed', () => statuses.length > 0);
    expect(statuses[0]).toMatchObject({ connected: false, reason: expect.stringMatching(/127\.0\.0\.1:1 /) });
    expect(JSON.stringify(statuses)).not.toContain('secret');
    await expect(store.runQueue.snapshot(newKernelId())).rejects.toThrow(QueueUnavailable);
    await store.close();
  });
});

test('steps on one kernel happen in the order in which they were sent, also in a Redis that knows few of the scripts', async () => {
  const admin = await createClient({ url: server.url }).connect();
  const before = await openStore();
  await admin.sendCommand(['SCRIPT', 'FLUSH']);
  // Of the steps below it knows the second.
  await enqueueOne(before.runQueue, newKernelId());
  const store = await openStore();
  const kernelId = newKernelId();
  const told = follow(store.runQueue, kernelId);
  await enqueueOne(store.runQueue, kernelId);
  await waitUntil('the change behind the subscription', () => told.length > 0);
  expect(told.map(({ snapshot }) => snapshot.number)).toEqual([1]);
  admin.destroy();
  await Promise.all([before.close(), store.close()]);
});

test('a change that was missed and adds a run that is gone by now is told with the queue as it is', async () => {
  const store = await openStore();
  const admin = await createClient({ url: server.url }).connect();
  const kernelId = newKernelId();
  const told = follow(store.runQueue, kernelId);
  await enqueueOne(store.runQueue, kernelId);
  await waitUntil('the first change', () => told.length === 1);
  const { queue, changes } = queueKeys(kernelId);
  await admin
    .multi()
    .xAdd(changes, '2-0', { added: '1\n"gone"\n' })
    .hSet(queue, 'number', '2')
    .addCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
    .exec();
  await waitUntil('the second change', () => told.length === 2);
  expect(told[1]).toEqual({ snapshot: await store.runQueue.snapshot(kernelId), finished: [] });
  expect(told[1]?.snapshot).toMatchObject({ number: 2, queued: [{ state: 'queued' }] });
  admin.destroy();
  await store.close();
});

describe('what Redis keeps of a queue', () => {
  test('a run that ended is not taken for one whose id begins alike', async () => {
    const store = await openStore();
    const { kernelId, queue } = await leasedQueue(store);
    const run = queuedRun({ runId: 'cell 1' });
    await queue.enqueue(kernelId, newRequestId(), [run]);
    await queue.cancel(kernelId, { by: 'all' }, now, 'enough');
    expect(await queue.find(kernelId, RunId.parse('cell'))).toBeNull();
    expect(await queue.find(kernelId, run.view.runId)).toMatchObject({ runId: 'cell 1', state: 'cancelled' });
    await store.close();
  });

  test('[X9] the last 1,000 changes, and not many more', async () => {
    const store = await openStore();
    const { kernelId, queue } = await leasedQueue(store);
    const steps = Array.from({ length: 750 }, () => [queue.hold(kernelId, 'byOwner'), queue.release(kernelId)]);
    await Promise.all(steps.flat());
    expect(await queue.snapshot(kernelId)).toMatchObject({ number: 1_500, held: null });
    const admin = await createClient({ url: server.url }).connect();
    const { changes } = queueKeys(kernelId);
    const length = await admin.xLen(changes);
    expect(length).toBeGreaterThanOrEqual(1_000);
    expect(length).toBeLessThan(1_300);
    expect(await admin.xRevRange(changes, '+', '-', { COUNT: 1 })).toMatchObject([{ id: '1500-0' }]);
    admin.destroy();
    await store.close();
  });

  test('a source is kept once by its hash, as long as a run that waits or runs has it', async () => {
    const store = await openStore();
    const { kernelId, fence, queue } = await leasedQueue(store);
    const admin = await createClient({ url: server.url }).connect();
    const kept = async (): Promise<readonly string[]> => {
      const names = await admin.hKeys(queueKeys(kernelId).queue);
      return names.filter((name) => /^(source|uses) /.test(name)).map((name) => name.split(' ')[0] ?? '');
    };
    const runs = [queuedRun(), queuedRun(), queuedRun()];
    await queue.enqueue(kernelId, newRequestId(), runs);
    expect((await kept()).toSorted()).toEqual(['source', 'uses']);
    await queue.cancel(kernelId, { by: 'runs', runIds: runs.slice(2).map(({ view }) => view.runId) }, now, 'enough');
    for (const { view } of runs.slice(0, 2)) {
      expect(await kept()).toContain('source');
      const end = { state: 'succeeded', finishedAt: now, executionCount: 1, reason: null } as const;
      expect(await queue.takeNext(kernelId, fence, now)).toMatchObject({ run: { source: runs[0]?.source } });
      await queue.settle(kernelId, fence, view.runId, end);
    }
    expect(await kept()).toEqual([]);
    admin.destroy();
    await store.close();
  });

  test('the last 1,000 answers to requests, and at most a hundred more', async () => {
    const store = await openStore();
    const { kernelId, queue } = await leasedQueue(store);
    const requests = Array.from({ length: 1_203 }, () => newRequestId());
    const run = queuedRun();
    await Promise.all(requests.map((requestId) => queue.enqueue(kernelId, requestId, [run])));
    const answers = await Promise.all(requests.map((requestId) => queue.answered(kernelId, requestId)));
    expect(new Set(answers.slice(0, 103))).toEqual(new Set([null]));
    expect(answers.slice(203)).not.toContain(null);
    await store.close();
  });
});

test('all keys of a kernel share one tag, so that a cluster keeps them together', async () => {
  const store = await openStore();
  const kernelId = newKernelId();
  await store.leases.claim({ kind: 'kernel', id: kernelId }, newHubId(), 1_000, 0);
  await store.runQueue.enqueue(kernelId, newRequestId(), [queuedRun()]);
  await store.runQueue.takeNext(kernelId, 1, '2026-01-01T00:00:00.000Z');
  const admin = await createClient({ url: server.url }).connect();
  const keys = (await admin.keys('*')).filter((key) => key.includes(kernelId));
  expect(keys.length).toBeGreaterThan(3);
  for (const key of keys) expect(key).toContain(`{k:${kernelId}}`);
  admin.destroy();
  await store.close();
});
