/** The stores of one hub: only here do storage's adapters meet the ports that they implement. */
import type { Closers } from './closers.js';
import type { HubOptions } from './hub-options.js';
import type { LeaseStore } from './run/lease.js';
import type { RunQueue } from './run/run-queue.js';
import { openEmbeddedStore } from './storage/embedded/open-embedded-store.js';
import type { EmbeddedStore } from './storage/embedded/open-embedded-store.js';
import { openRedisStore } from './storage/redis/open-redis-store.js';

export async function embeddedStore({ config, say, log }: HubOptions, closers: Closers): Promise<EmbeddedStore> {
  const store = await openEmbeddedStore({
    directory: config.storeDirectory,
    onNotice: (notice) => {
      log.warn(notice, 'the store had to be mended');
      say(notice.message);
    },
    log,
  });
  closers.push(() => store.close());
  return store;
}

export async function queueStore(
  options: HubOptions,
  embedded: EmbeddedStore,
  closers: Closers,
): Promise<{ readonly runQueue: RunQueue; readonly leases: LeaseStore }> {
  const { config, log, say } = options;
  if (config.redisUrl === null) return embedded;
  const place = new URL(config.redisUrl).host;
  const redis = await openRedisStore({
    url: config.redisUrl,
    log,
    onStatus: (status) => {
      if (status.connected) say(`Redis at ${place} is connected.`);
      else say(`${status.reason}; trying again. Notebooks open and run when it is back.`);
    },
  });
  closers.push(() => redis.close());
  return redis;
}
