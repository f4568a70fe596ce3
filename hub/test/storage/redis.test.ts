/** The store in Redis keeps the contracts of the ports that it implements, on a real server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createClient } from 'redis';
import { type QueueChange, QueueUnavailable } from '../../src/run/run-queue.js';
import type { RedisStatus } from '../../src/storage/redis/redis-connection.js';
import { openRedisStore, type RedisStore } from '../../src/storage/redis/open-redis-store.js';
import { leaseContract } from '../contracts/lease-contract.js';
import { queueRulesContract } from '../contracts/queue-rules-contract.js';
import { runQueueContract } from '../contracts/run-queue-contract.js';
import { runQueueModel } from '../contracts/run-queue-model.js';
import { newHubId, newKernelId, newRequestId, queuedRun } from '../support/queued-run.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';

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
