/** What hubs that serve one folder know of each other by a real Redis, and which hub must not be one of them. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FolderId } from '@cokernel/proto/hub';
import { pino } from 'pino';
import { createClient } from 'redis';
import { StartError } from '../../src/errors.js';
import { FOLDER_MARKER, ServedFolder } from '../../src/room/served-folder.js';
import { openRedisStore, type RedisStore } from '../../src/storage/redis/open-redis-store.js';
import { type SharedFolderOptions, sharedFolderId } from '../../src/storage/shared-folder.js';
import { newFolderId, newHubId } from '../support/queued-run.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

let server: RedisServer;
let redis: RedisStore;
let admin: ReturnType<typeof createClient>;
beforeAll(async () => {
  server = await startRedisServer();
  redis = await openStore();
  admin = createClient({ url: server.url });
  await admin.connect();
});
afterAll(async () => {
  admin.destroy();
  await redis.close();
  await server.remove();
});

async function openStore(): Promise<RedisStore> {
  const store = await openRedisStore({ url: server.url, onStatus: () => undefined, log: pino({ level: 'silent' }) });
  await store.connected();
  return store;
}

describe('[P57] a hub that comes to those of a Redis', () => {
  let scratch: ScratchFolder;
  beforeEach(async () => {
    await admin.flushAll();
    scratch = await scratchFolder();
    for (const name of ['served', 'other']) await mkdir(path.join(scratch.path, name));
  });
  afterEach(() => scratch.remove());

  const come = (places: Partial<SharedFolderOptions> = {}): Promise<FolderId> =>
    sharedFolderId({
      folder: path.join(scratch.path, 'served'),
      storeDirectory: path.join(scratch.path, 'store'),
      record: redis.folder,
      redisPlace: 'redis.example:6379',
      ...places,
    });
  const other = (): Partial<SharedFolderOptions> => ({ folder: path.join(scratch.path, 'other') });
  const otherStore = (): Partial<SharedFolderOptions> => ({ storeDirectory: path.join(scratch.path, 'other-store') });

  test('is one of them when it shares their folder and their store, also when all come at once', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => come()));
    expect(new Set(ids).size).toBe(1);
    expect(await come()).toBe(ids[0]);
    expect(await readdir(path.join(scratch.path, 'served'))).toEqual([FOLDER_MARKER]);
  });

  test('is refused with another folder, and told which Redis, which folder, and what to do', async () => {
    const id = await come();
    const refusal = await come(other()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StartError);
    const { message } = refusal as StartError;
    for (const word of ['redis.example:6379', path.join(scratch.path, 'other'), id, 'name another Redis']) {
      expect(message).toContain(word);
    }
    expect(await readdir(path.join(scratch.path, 'other'))).toEqual([]);
  });

  test('is refused with a store of its own', async () => {
    await come();
    await expect(come(otherStore())).rejects.toThrow(/COKERNEL_DATA.*under the same path/);
  });

  test.each([
    ['folders', other],
    ['stores', otherStore],
  ])('of two that come first, at once and with different %s, one is refused', async (_, different) => {
    const came = await Promise.allSettled([come(), come(different())]);
    expect(came.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('finds the ids in its markers when Redis was emptied, and a marker that was lost can be written by hand', async () => {
    const id = await come();
    await admin.flushAll();
    expect(await come()).toBe(id);
    const marker = path.join(scratch.path, 'served', FOLDER_MARKER);
    const text = await readFile(marker, 'utf8');
    await rm(marker);
    await expect(come()).rejects.toThrow(`write ${text.trim()} into '${marker}'`);
  });

  test('leaves a marker that no client sees, reads or replaces', async () => {
    await come();
    const folder = new ServedFolder(path.join(scratch.path, 'served'));
    expect(await folder.list('')).toEqual([]);
    await expect(folder.resolve(FOLDER_MARKER)).rejects.toMatchObject({ code: 'missing' });
    await expect(folder.entry(`/./${FOLDER_MARKER}`)).rejects.toMatchObject({ code: 'missing' });
    await expect(folder.resolveNew(FOLDER_MARKER)).rejects.toMatchObject({ code: 'missing' });
    await expect(folder.remove(FOLDER_MARKER)).rejects.toMatchObject({ code: 'missing' });
  });
});

describe('the hubs of one folder', () => {
  test('find each other by the lease’s owner, until one is forgotten, and not those of another folder', async () => {
    const [folderId, ann, ben] = [newFolderId(), newHubId(), newHubId()];
    const hubs = redis.hubs(folderId);
    await hubs.register(ann, 'http://hub-a:8765');
    await hubs.register(ben, 'http://hub-b:8765');
    await hubs.register(ann, 'http://hub-a:8766');
    expect(await hubs.addressOf(ann)).toBe('http://hub-a:8766');
    expect(await hubs.addressOf(ben)).toBe('http://hub-b:8765');
    expect(await redis.hubs(newFolderId()).addressOf(ann)).toBeNull();
    await hubs.forget(ann);
    expect(await hubs.addressOf(ann)).toBeNull();
  });

  test('forget who said nothing for long', async () => {
    const [folderId, gone] = [newFolderId(), newHubId()];
    const hubs = `cokernel:{f:${folderId}}:hubs`;
    await admin.hSet(hubs, gone, JSON.stringify({ address: 'http://gone:1', untilMs: Date.now() - 1 }));
    await redis.hubs(folderId).register(newHubId(), 'http://hub-a:8765');
    expect(await redis.hubs(folderId).addressOf(gone)).toBeNull();
    expect(await admin.hLen(hubs)).toBe(1);
  });

  test('share one secret, whoever asks first', async () => {
    const folderId = newFolderId();
    const secrets = await Promise.all(Array.from({ length: 8 }, () => redis.hubs(folderId).secret()));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await redis.hubs(newFolderId()).secret()).not.toBe(secrets[0]);
  });
});
