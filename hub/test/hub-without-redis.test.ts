import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RedisServer } from './support/redis-server.js';
import { startRedisServer } from './support/redis-server.js';
import type { HubPlace, TestHub } from './support/test-hub.js';
import { hubPlace, startHub, writeCells } from './support/test-hub.js';
import { waitUntil } from './support/wait-until.js';

const SLOW_MS = 120_000;
let place: HubPlace;
let redis: RedisServer;
let hub: TestHub | null = null;

beforeEach(async () => {
  place = await hubPlace();
  redis = await startRedisServer();
});

afterEach(async () => {
  await hub?.stop();
  await redis.remove();
  await place.remove();
});

test(
  'a hub whose Redis is away says so by name, answers with the reason, and goes on when it is back',
  async () => {
    await writeCells(place, 'a.ipynb', '1');
    await redis.stop();
    hub = await startHub(place, ['--redis', redis.url]);
    const open = (): Promise<{ status: number; json: unknown }> =>
      (hub as TestHub).rest('PUT', '/api/collaboration/session/a.ipynb', { format: 'json', type: 'notebook' });
    const away = `127.0.0.1:${String(redis.port)}`;
    await waitUntil(
      'it says that Redis is away',
      () => hub?.stdout().includes(`Redis at ${away} is out of reach`) ?? false,
    );
    expect(await open()).toMatchObject({ status: 503, json: { message: expect.stringContaining(away) } });
    expect((await hub.rest('GET', '/api/contents')).status).toBe(200);
    await redis.start();
    await waitUntil(
      'it says that Redis is back',
      () => hub?.stdout().includes(`Redis at ${away} is connected`) ?? false,
    );
    expect((await open()).status).toBe(200);
  },
  SLOW_MS,
);
