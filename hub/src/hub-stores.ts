/** The stores of one hub: only here do storage's adapters meet the ports that they implement. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Closers } from './closers.js';
import type { HubConfig } from './config.js';
import type { Notice } from './gateway/rest/hub.js';
import type { HubOptions, Lead } from './hub-options.js';
import { RedisFigures } from './metrics/redis-figures.js';
import type { Metrics } from './metrics/metrics.js';
import { ofOneHub } from './right.js';
import type { Right } from './right.js';
import type { LeaseStore } from './run/lease.js';
import type { RunQueue } from './run/run-queue.js';
import type { OutputStore } from './run/output-store.js';
import { redisAddressOf } from './redis-address.js';
import { SaveThread } from './save-worker/save-thread.js';
import { openEmbeddedStore } from './storage/embedded/open-embedded-store.js';
import { openFolderStore } from './storage/embedded/open-folder-store.js';
import type { FolderStore } from './storage/embedded/open-folder-store.js';
import type { NoticeListener } from './storage/embedded/notice.js';
import { FileOutputStore } from './storage/outputs/output-store.js';
import { openRedisStore } from './storage/redis/open-redis-store.js';
import type { RedisStore } from './storage/redis/open-redis-store.js';
import { endsWithin } from './within.js';

/** To write what hubs of one folder share; told once in the log when it is gone and something would still be written. */
export function rightToWrite({ log }: HubOptions, lead: Lead | null): Right {
  if (lead === null) return ofOneHub;
  let isTold = false;
  const isHeld = (): boolean => {
    if (lead.right.isHeld()) return true;
    if (!isTold) log.info({ fence: lead.fence }, 'this hub leads no more: what it would still write is refused');
    isTold = true;
    return false;
  };
  return { isHeld };
}

/** All that a hub keeps but for outputs, and what it shares with others. */
export interface Stores extends FolderStore {
  readonly runQueue: RunQueue;
  readonly leases: LeaseStore;
  /** The hub is about to stop: what waits for a store that is away is refused. */
  readonly stopWaiting: () => void;
  /** Resolves when the shared store answers now; null: nothing is shared. */
  readonly answers: (() => Promise<void>) | null;
  /** What everybody should know of it. */
  readonly notices: () => Promise<readonly Notice[]>;
}

/** In the hub's own folder, or in Redis what Redis is for. `lead`: of a hub that leads others, which keep all of it together. */
export async function openStores(
  options: HubOptions,
  { metrics, lead, right }: { readonly metrics: Metrics; readonly lead: Lead | null; readonly right: Right },
  closers: Closers,
): Promise<Stores> {
  const { redisUrl, storeDirectory, documents } = options.config;
  const folder = { directory: storeDirectory, right, onNotice: noticeListener(options), log: options.log };
  if (redisUrl === null) {
    const store = await openEmbeddedStore(folder);
    closers.push(() => store.close());
    return { ...store, stopWaiting: () => undefined, answers: null, notices: () => Promise.resolve([]) };
  }
  const redis = await openRedis(options, redisUrl, metrics);
  closers.push(() => redis.close());
  if (lead !== null) await reached(redis, redisUrl);
  const files = await openFolderStore(
    lead === null ? folder : { ...folder, keptText: (name) => redis.keptText(lead.folderId, lead.fence, name) },
  );
  closers.push(() => files.close());
  const { runQueue, leases } = redis;
  const [stopWaiting, answers] = [() => redis.stopWaiting(), () => redis.answers()];
  const all = { ...files, runQueue, leases, stopWaiting, answers };
  if (lead === null && documents === 'folder') return { ...all, notices: () => Promise.resolve([]) };
  return { ...all, documents: redis.documents, notices: () => memoryNotices(redis) };
}

/** Where large outputs lie. */
export async function outputStore(
  options: HubOptions,
  right: Right,
  clock: () => Date,
  closers: Closers,
): Promise<OutputStore> {
  const outputs = new FileOutputStore({
    folder: outputsFolderOf(options.config),
    right,
    onNotice: noticeListener(options),
    now: clock,
  });
  await outputs.start();
  closers.push(() => outputs.close());
  return outputs;
}

/** Where notebooks are read and written. */
export function saveThread({ config, log }: HubOptions, right: Right, closers: Closers): SaveThread {
  const thread = new SaveThread({
    ...(right === ofOneHub ? {} : { right, writer: randomUUID().slice(0, 8) }),
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

function openRedis({ log, say }: HubOptions, url: string, metrics: Metrics): Promise<RedisStore> {
  const { place } = redisAddressOf(url);
  const figures = new RedisFigures(metrics.registry);
  return openRedisStore({
    url,
    log,
    onStep: (milliseconds, isAnswered) => (isAnswered ? figures.answered(milliseconds) : figures.failed()),
    onStatus: (status) => {
      figures.connected(status.connected);
      if (status.connected) say(`Redis at ${place} is connected.`);
      else say(`${status.reason}; trying again. Notebooks open and run when it is back.`);
    },
  });
}

/** Longer than a connection takes to be made. */
const REACHED_WITHIN_MS = 10_000;

/** What hubs keep together in Redis is read at once. */
async function reached(redis: RedisStore, url: string): Promise<void> {
  if (await endsWithin(redis.connected(), REACHED_WITHIN_MS)) return;
  throw new Error(`Redis at ${redisAddressOf(url).place} is out of reach`);
}

/** What is `stored` lies in Redis's memory alone, unless it is told to write before it answers. */
async function memoryNotices(redis: RedisStore): Promise<readonly Notice[]> {
  if ((await redis.keepsEachChange()) !== false) return [];
  const message =
    "What people write lies in Redis's memory first: should Redis crash, the last second of it can be missing. " +
    'Let Redis run with `appendonly yes` and `appendfsync always`.';
  return [{ code: 'inRedisMemory', message }];
}
