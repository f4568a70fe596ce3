/** The stores of one hub: only here do storage's adapters meet the ports that they implement. */
import path from 'node:path';
import type { Closers } from './closers.js';
import type { HubConfig } from './config.js';
import type { Notice } from './gateway/rest/hub.js';
import type { HubOptions } from './hub-options.js';
import { RedisFigures } from './metrics/redis-figures.js';
import type { Metrics } from './metrics/metrics.js';
import type { DocumentStore } from './room/document-store.js';
import type { LeaseStore } from './run/lease.js';
import type { RunQueue } from './run/run-queue.js';
import type { OutputStore } from './run/output-store.js';
import { redisAddressOf } from './redis-address.js';
import { SaveThread } from './save-worker/save-thread.js';
import { openEmbeddedStore } from './storage/embedded/open-embedded-store.js';
import type { EmbeddedStore } from './storage/embedded/open-embedded-store.js';
import type { NoticeListener } from './storage/embedded/notice.js';
import { FileOutputStore } from './storage/outputs/output-store.js';
import { openRedisStore } from './storage/redis/open-redis-store.js';
import type { RedisStore } from './storage/redis/open-redis-store.js';

export async function embeddedStore(options: HubOptions, closers: Closers): Promise<EmbeddedStore> {
  const { config, log } = options;
  const store = await openEmbeddedStore({ directory: config.storeDirectory, onNotice: noticeListener(options), log });
  closers.push(() => store.close());
  return store;
}

/** Where large outputs lie. */
export async function outputStore(options: HubOptions, clock: () => Date, closers: Closers): Promise<OutputStore> {
  const outputs = new FileOutputStore({
    folder: outputsFolderOf(options.config),
    onNotice: noticeListener(options),
    now: clock,
  });
  await outputs.start();
  closers.push(() => outputs.close());
  return outputs;
}

/** Where notebooks are read and written. */
export function saveThread({ config, log }: HubOptions, closers: Closers): SaveThread {
  const thread = new SaveThread({
    outputsFolder: outputsFolderOf(config),
    limits: config.saveLimits,
    onDied: (reason) => log.error({ reason }, 'the thread that reads and writes notebooks ended by itself'),
  });
  thread.start();
  closers.push(() => thread.close());
  return thread;
}

function outputsFolderOf({ storeDirectory }: HubConfig): string {
  return path.join(storeDirectory, 'outputs');
}

function noticeListener({ say, log }: HubOptions): NoticeListener {
  return (notice) => {
    log.warn(notice, 'the store had to be mended');
    say(notice.message);
  };
}

/** What hubs that are one share. */
export interface SharedStore {
  readonly runQueue: RunQueue;
  readonly leases: LeaseStore;
  readonly documents: DocumentStore;
  /** The hub is about to stop: what waits for a store that is away is refused. */
  readonly stopWaiting: () => void;
  /** Resolves when the shared store answers now; null: nothing is shared. */
  readonly answers: (() => Promise<void>) | null;
  /** What everybody should know of it. */
  readonly notices: () => Promise<readonly Notice[]>;
}

export async function sharedStore(
  options: HubOptions,
  embedded: EmbeddedStore,
  metrics: Metrics,
  closers: Closers,
): Promise<SharedStore> {
  const { config, log, say } = options;
  if (config.redisUrl === null) {
    return { ...embedded, stopWaiting: () => undefined, answers: null, notices: () => Promise.resolve([]) };
  }
  const { place } = redisAddressOf(config.redisUrl);
  const figures = new RedisFigures(metrics.registry);
  const redis = await openRedisStore({
    url: config.redisUrl,
    log,
    onStep: (milliseconds, isAnswered) => (isAnswered ? figures.answered(milliseconds) : figures.failed()),
    onStatus: (status) => {
      figures.connected(status.connected);
      if (status.connected) say(`Redis at ${place} is connected.`);
      else say(`${status.reason}; trying again. Notebooks open and run when it is back.`);
    },
  });
  closers.push(() => redis.close());
  if (config.documents === 'redis') return { ...redis, notices: () => memoryNotices(redis) };
  return { ...redis, documents: embedded.documents, notices: () => Promise.resolve([]) };
}

/** What is `stored` lies in Redis's memory alone, unless it is told to write before it answers. */
async function memoryNotices(redis: RedisStore): Promise<readonly Notice[]> {
  if ((await redis.keepsEachChange()) !== false) return [];
  const message =
    "What people write lies in Redis's memory first: should Redis crash, the last second of it can be missing. " +
    'Let Redis run with `appendonly yes` and `appendfsync always`.';
  return [{ code: 'inRedisMemory', message }];
}
