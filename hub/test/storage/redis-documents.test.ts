/** The documents' logs in Redis: the contract, and what becomes of them when Redis goes away. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createClient } from 'redis';
import { Epoch } from '@cokernel/proto/hub';
import * as Y from 'yjs';
import { openRedisStore } from '../../src/storage/redis/open-redis-store.js';
import type { DocumentStore } from '../../src/room/document-store.js';
import { documentStoreContract } from '../contracts/document-store-contract.js';
import { newFileId } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(async () => {
  await server.remove();
});

/** Closing it closes its connections too. */
async function openStore(): Promise<DocumentStore> {
  const store = await openRedisStore({ url: server.url, onStatus: () => undefined, log: pino({ level: 'silent' }) });
  await store.connected();
  const { documents } = store;
  return {
    open: (fileId, fence) => documents.open(fileId, fence),
    create: (fileId, fence, epoch, state) => documents.create(fileId, fence, epoch, state),
    keepForeignCopy: (fileId, state) => documents.keepForeignCopy(fileId, state),
    foreignCopies: (fileId) => documents.foreignCopies(fileId),
    readForeignCopy: (fileId, name) => documents.readForeignCopy(fileId, name),
    close: () => store.close(),
  };
}

// Each opening is two connections: fewer than on disk.
documentStoreContract(openStore, { sequences: 15 });

const epoch = Epoch.parse('epoch-1');

/** An update that makes one entry in a document. */
function entry(number: number): Uint8Array {
  const doc = new Y.Doc();
  doc.getArray('entries').push([number]);
  return Y.encodeStateAsUpdate(doc);
}

function entries(updates: readonly Uint8Array[] | undefined): number[] {
  const doc = new Y.Doc();
  for (const update of updates ?? []) Y.applyUpdate(doc, update);
  return doc
    .getArray<number>('entries')
    .toArray()
    .sort((a, b) => a - b);
}

test('[X1] what finds Redis full waits, which is told, and is there once when there is room', async () => {
  const store = await openStore();
  const fileId = newFileId();
  const log = await store.create(fileId, 1, epoch, entry(0));
  const told: boolean[] = [];
  log.onFull((isFull) => told.push(isFull));
  const admin = createClient({ url: server.url });
  await admin.connect();
  await admin.configSet('maxmemory', '1');
  const appended = Promise.all([log.append({ update: entry(1) }), log.append({ update: entry(2) })]);
  await waitUntil('it is told', () => told.length > 0);
  await admin.configSet('maxmemory', '0');
  await appended;
  await admin.close();
  expect(told).toEqual([true, false]);
  expect(entries((await store.open(fileId, 2))?.loaded.updates)).toEqual([0, 1, 2]);
  await store.close();
});

test('[X1] what is appended while Redis is away waits for it, and is there once when it is back', async () => {
  const store = await openStore();
  const fileId = newFileId();
  const log = await store.create(fileId, 1, epoch, entry(0));
  await log.append({ update: entry(1) });
  await server.stop();
  let durable = false;
  const waiting = Promise.all([2, 3, 4].map((number) => log.append({ update: entry(number) }))).then(() => {
    durable = true;
  });
  await expect(store.foreignCopies(fileId)).rejects.toThrow('out of reach');
  expect(durable).toBe(false);
  await server.start();
  await waiting;
  await log.append({ update: entry(5) });
  expect(entries((await store.open(fileId, 2))?.loaded.updates)).toEqual([0, 1, 2, 3, 4, 5]);
  await store.close();
});

test('what waits for a Redis that is away is refused when the store closes', async () => {
  const own = await startRedisServer();
  const redis = await openRedisStore({ url: own.url, onStatus: () => undefined, log: pino({ level: 'silent' }) });
  await redis.connected();
  const log = await redis.documents.create(newFileId(), 1, epoch, entry(0));
  await own.stop();
  const refused = expect(log.append({ update: entry(1) })).rejects.toThrow('out of reach');
  await redis.close();
  await refused;
  await own.remove();
});

test('[X1] a Redis that came back without what it had is told apart from one that has it', async () => {
  const store = await openStore();
  const admin = await createClient({ url: server.url }).connect();
  const log = await store.create(newFileId(), 1, epoch, entry(0));
  await log.append({ update: entry(1) });
  await admin.flushAll();
  await expect(log.append({ update: entry(2) })).rejects.toMatchObject({ code: 'damaged' });
  await expect(log.append({ update: entry(3) })).rejects.toMatchObject({ code: 'damaged' });
  admin.destroy();
  await store.close();
});

test('two hubs: who is behind can neither append nor compact, and all keys of a notebook share one tag', async () => {
  const [ann, ben] = [await openStore(), await openStore()];
  const fileId = newFileId();
  const annsLog = await ann.create(fileId, 1, epoch, entry(0));
  await annsLog.append({ update: entry(1) });
  const bens = await ben.open(fileId, 2);
  await expect(annsLog.compact()).rejects.toMatchObject({ code: 'staleFence', highestFence: 2 });
  await expect(annsLog.append({ update: entry(66) })).rejects.toMatchObject({ code: 'staleFence', highestFence: 2 });
  await bens?.log.append({ update: entry(2) });
  await bens?.log.compact();
  await ben.keepForeignCopy(fileId, entry(9));
  await ben.create(fileId, 3, Epoch.parse('epoch-2'), entry(7));
  const admin = await createClient({ url: server.url }).connect();
  const keys = (await admin.keys('*')).filter((key) => key.includes(fileId));
  expect(keys.length).toBeGreaterThanOrEqual(4);
  for (const key of keys) expect(key).toContain(`{n:${fileId}}`);
  admin.destroy();
  await Promise.all([ann.close(), ben.close()]);
});
