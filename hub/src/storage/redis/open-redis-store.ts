/** Opens what a hub keeps in Redis, on connections that all of it shares. */
import type { FolderId } from '@cokernel/proto/hub';
import type { DocumentStore } from '../../room/document-store.js';
import type { LeaseStore } from '../../run/lease.js';
import type { RunQueue } from '../../run/run-queue.js';
import type { KeptText } from '../kept/kept-text.js';
import type { FolderRecord } from '../shared-folder.js';
import { RedisDocumentStore } from './document-store.js';
import { RedisFolderRecord } from './folder-record.js';
import { type HubDirectory, RedisHubDirectory } from './hub-directory.js';
import { RedisKeptText } from './kept-text.js';
import { RedisLeaseStore } from './lease-store.js';
import { RedisConnection, type RedisConnectionOptions } from './redis-connection.js';
import { RedisRunQueue } from './run-queue.js';
import { loadScripts } from './script-texts.js';

export type RedisStoreOptions = Omit<RedisConnectionOptions, 'scripts'>;

export interface RedisStore {
  readonly runQueue: RunQueue;
  readonly leases: LeaseStore;
  readonly documents: DocumentStore;
  /** Which folder the hubs of this Redis serve. */
  readonly folder: FolderRecord;
  /** The hubs that serve this folder. */
  hubs(folderId: FolderId): HubDirectory;
  /** A text of this folder, to be written by who leads its hubs under this fence. */
  keptText(folderId: FolderId, fence: number, name: string): KeptText;
  /** The hub is about to stop: what waits for a Redis that is away is refused from now on. */
  stopWaiting(): void;
  /** Resolves when Redis is reached; attempts go on until then. Steps before are refused with QueueUnavailable. */
  connected(): Promise<void>;
  /** Resolves when Redis answers now. */
  answers(): Promise<void>;
  /** Whether Redis has each change on its disk before it answers; null: it does not tell. */
  keepsEachChange(): Promise<boolean | null>;
  /** Can be called twice. */
  close(): Promise<void>;
}

/** Resolves when connecting has begun. */
export async function openRedisStore(options: RedisStoreOptions): Promise<RedisStore> {
  const { log } = options;
  const connection = new RedisConnection({ ...options, scripts: await loadScripts() });
  connection.start();
  const runQueue = new RedisRunQueue({ connection, log });
  const documents = new RedisDocumentStore({ connection, now: () => new Date() });
  return {
    runQueue,
    leases: new RedisLeaseStore(connection),
    documents,
    folder: new RedisFolderRecord(connection),
    hubs: (folderId) => new RedisHubDirectory(connection, folderId),
    keptText: (folderId, fence, name) => new RedisKeptText({ connection, folderId, fence, name }),
    stopWaiting: () => documents.stopWaiting(),
    connected: () => connection.connected(),
    answers: () => connection.answers(),
    keepsEachChange: () => connection.keepsEachChange(),
    close: async () => {
      await documents.close();
      await runQueue.close();
    },
  };
}
