/** Opens the place where the hubs of one folder meet: the Redis that they share, on a connection apart from what the leading one needs. */
import type { FolderId, HubId } from '@cokernel/proto/hub';
import type { Closers } from './closers.js';
import type { MetricsText } from './gateway/probes.js';
import type { HubOptions } from './hub-options.js';
import { Metrics } from './metrics/metrics.js';
import { RedisFigures } from './metrics/redis-figures.js';
import { redisAddressOf } from './redis-address.js';
import type { LeaseStore } from './run/lease.js';
import type { KeptText } from './storage/kept/kept-text.js';
import { openRedisStore } from './storage/redis/open-redis-store.js';
import { sharedFolderId } from './storage/shared-folder.js';
import { SignOfLife } from './storage/sign-of-life.js';

/** What they have in common, and where they find each other. */
export interface MeetingPoint {
  readonly folderId: FolderId;
  /** What hubs show each other; no client knows it. */
  readonly secret: string;
  readonly leases: LeaseStore;
  readonly hubs: HubAddresses;
  /** Which kernels live; written under the fence of who leads. */
  readonly livingKernels: (fence: number) => KeptText;
  /** Resolves when the store that they share answers now. */
  readonly answers: () => Promise<void>;
  /** The figures of a hub that does not lead. */
  readonly metrics: MetricsText;
}

interface HubAddresses {
  /** Where the others reach this hub. */
  register(hubId: HubId, address: string): Promise<void>;
  /** Null: it never said so, or the store was emptied. */
  addressOf(hubId: HubId): Promise<string | null>;
  /** It is gone, or about to. */
  forget(hubId: HubId): Promise<void>;
}

/** Waits for a Redis that is away. Throws `StartError` when the hubs there serve another folder. */
export async function openMeetingPoint(
  { config, version, log, say }: HubOptions,
  redisUrl: string,
  closers: Closers,
): Promise<MeetingPoint> {
  const { place } = redisAddressOf(redisUrl);
  const metrics = new Metrics(version);
  metrics.leads(false);
  const figures = new RedisFigures(metrics.registry);
  const redis = await openRedisStore({
    url: redisUrl,
    log,
    onStep: (milliseconds, isAnswered) => (isAnswered ? figures.answered(milliseconds) : figures.failed()),
    onStatus: (status) => {
      figures.connected(status.connected);
      if (status.connected) log.info({ place }, 'Redis is connected');
      else say(`${status.reason}; trying again.`);
    },
  });
  closers.push(() => redis.close());
  await redis.connected();
  const { folder, storeDirectory } = config;
  const folderId = await sharedFolderId({ folder, storeDirectory, record: redis.folder, redisPlace: place });
  // Who would serve the folder alone sees that it is served.
  const onFailed = (reason: string): void => log.warn({ reason }, 'the marker of the folder could not be touched');
  const signs = new SignOfLife({ folder, onFailed });
  signs.start();
  closers.push(() => Promise.resolve(signs.stop()));
  const hubs = redis.hubs(folderId);
  return {
    ...{ folderId, secret: await hubs.secret(), leases: redis.leases, hubs, metrics },
    livingKernels: (fence) => redis.keptText(folderId, fence, 'living-kernels'),
    answers: () => redis.answers(),
  };
}
