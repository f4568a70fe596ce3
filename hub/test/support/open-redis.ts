/** The store in a Redis of a test's own, connected. */
import { pino } from 'pino';
import { openRedisStore, type RedisStore } from '../../src/storage/redis/open-redis-store.js';

export async function openRedis(url: string): Promise<RedisStore> {
  const store = await openRedisStore({ url, onStatus: () => undefined, log: pino({ level: 'silent' }) });
  await store.connected();
  return store;
}
