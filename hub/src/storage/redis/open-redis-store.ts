/** Opens what a hub keeps in Redis, on two connections that all of it shares. */
import type { Logger } from 'pino';
import type { DocumentStore } from '../../room/document-store.js';
import type { LeaseStore } from '../../run/lease.js';
import type { RunQueue } from '../../run/run-queue.js';
import { RedisDocumentStore } from './document-store.js';
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
  readonly documents: DocumentStore;
  /** The hub is about to stop: what waits for a Redis that is away is refused from now on. */
  stopWaiting(): void;
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
  const documents = new RedisDocumentStore({ connection, now: () => new Date() });
  return {
    runQueue,
    leases: new RedisLeaseStore(connection),
    documents,
    stopWaiting: () => documents.stopWaiting(),
    connected: () => connection.connected(),
    close: async () => {
      await documents.close();
      await runQueue.close();
    },
  };
}
