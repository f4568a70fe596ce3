/** A hub whose documents lie in Redis (COKERNEL_DOCUMENTS=redis): what it stored outlives it, and nothing of it lies on the disk. */
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createClient } from 'redis';
import { RoomProgram } from './support/room-program.js';
import { type RedisServer, startRedisServer } from './support/redis-server.js';
import { type HubPlace, type TestHub, hubPlace, startHub, writeCells } from './support/test-hub.js';
import { waitUntil } from './support/wait-until.js';

const SLOW_MS = 120_000;
let place: HubPlace;
let redis: RedisServer;
let hub: TestHub;

const start = (): Promise<TestHub> => startHub(place, ['--redis', redis.url], { COKERNEL_DOCUMENTS: 'redis' });

beforeEach(async () => {
  place = await hubPlace();
  redis = await startRedisServer();
  await writeCells(place, 'a.ipynb', 'first');
  hub = await start();
}, SLOW_MS);

afterEach(async () => {
  await hub.stop();
  await redis.remove();
  await place.remove();
}, SLOW_MS);

/** How often the program was told that something is stored. */
const storedCount = (program: RoomProgram): number => program.told('stored').length;

test(
  '[X1] edits outlive a hub that is killed, in the same history, and those typed while Redis is away are stored when it is back',
  async () => {
    const ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
    ann.setSource('c0', 'typed');
    await waitUntil('it is stored', () => storedCount(ann) > 0);
    await redis.stop();
    const before = storedCount(ann);
    ann.setSource('c0', 'typed while Redis was away');
    await ann.flushed();
    expect(storedCount(ann)).toBe(before);
    await redis.start();
    await waitUntil('that is stored too', () => storedCount(ann) > before);
    const { epoch } = await ann.hello('Ann');
    process.kill(hub.pid, 'SIGKILL');
    await ann.isClosed();
    hub = await start();
    const cleo = await RoomProgram.join(hub, 'a.ipynb', 'Cleo');
    expect(cleo.source('c0')).toBe('typed while Redis was away');
    expect((await cleo.hello('Cleo')).epoch).toBe(epoch);
    const stored = await readdir(place.data, { recursive: true });
    expect(stored.filter((name) => name.endsWith('.log') && name.includes('documents'))).toEqual([]);
    cleo.close();
  },
  SLOW_MS,
);

test(
  'what is stored lies in memory unless Redis writes before it answers, and the hub says so',
  async () => {
    const told = async (): Promise<unknown> => (await hub.rest('GET', '/api/hub/status')).json;
    expect(await told()).toMatchObject({ notices: [{ code: 'inRedisMemory' }] });
    const admin = await createClient({ url: redis.url }).connect();
    await admin.configSet('appendfsync', 'always');
    expect(await told()).toMatchObject({ notices: [] });
    // Who runs Redis for others lets nobody look at how.
    await admin.configSet('appendfsync', 'everysec');
    await admin.sendCommand(['ACL', 'SETUSER', 'default', '-config']);
    admin.destroy();
    expect(await told()).toMatchObject({ notices: [] });
  },
  SLOW_MS,
);

test(
  'a hub that is stopped while Redis is away ends all the same',
  async () => {
    const ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
    await redis.stop();
    ann.setSource('c0', 'typed last');
    await ann.flushed();
    expect((await hub.stop('SIGTERM')).code).toBe(0);
  },
  SLOW_MS,
);
