/** Opens the run queue and the leases in Redis, on two connections that they share. */
import type { Logger } from 'pino';
import type { LeaseStore } from '../../run/lease.js';
import type { RunQueue } from '../../run/run-queue.js';
import { RedisLeaseStore } from './lease-store.js';
import { RedisConnection, type RedisStatus } from './redis-connection.js';
import { RedisRunQueue } from './run-queue.js';
import { loadScripts } from './script-texts.js';

export interface RedisStoreOptions {
  /** `redis://…` or `rediss://…`. */
  readonly url: string;
  /** Told each time that it changes; the reason names the server. */
  readonly onStatus: (status: RedisStatus) => void;
  readonly log: Logger;
}

export interface RedisStore {
  readonly runQueue: RunQueue;
  readonly leases: LeaseStore;
  /** Resolves when Redis is reached; attempts go on until then. Steps before are refused with QueueUnavailable. */
  connected(): Promise<void>;
  /** Can be called twice. */
  close(): Promise<void>;
}

/** Resolves when connecting has begun. */
export async function openRedisStore({ url, onStatus, log }: RedisStoreOptions): Promise<RedisStore> {
  const connection = new RedisConnection({ url, scripts: await loadScripts(), onStatus, log });
  connection.start();
  const runQueue = new RedisRunQueue({ connection, log });
  return {
    runQueue,
    leases: new RedisLeaseStore(connection),
    connected: () => connection.connected(),
    close: () => runQueue.close(),
  };
}
