/** Opens all that a hub without Redis keeps, in its own folder: files, and the queue and leases in LMDB. The folder's lock must be held. */
import { join } from 'node:path';
import type { LeaseStore } from '../../run/lease.js';
import type { RunQueue } from '../../run/run-queue.js';
import { StepLine } from '../step-line.js';
import { EmbeddedLeaseStore } from './lease-store.js';
import { openLmdb } from './lmdb-database.js';
import { type FolderStore, type FolderStoreOptions, openFolderStore } from './open-folder-store.js';
import { EmbeddedRunQueue } from './run-queue.js';

export interface EmbeddedStore extends FolderStore {
  readonly runQueue: RunQueue;
  readonly leases: LeaseStore;
}

export async function openEmbeddedStore(
  options: Omit<FolderStoreOptions, 'keptText' | 'right'>,
): Promise<EmbeddedStore> {
  const { directory, onNotice, log } = options;
  const files = await openFolderStore(options);
  const lmdb = await openLmdb(join(directory, 'queue.lmdb'), onNotice);
  const line = new StepLine();
  const leases = new EmbeddedLeaseStore({ root: lmdb.root, line, nowMs: Date.now });
  const runQueue = new EmbeddedRunQueue({ root: lmdb.root, line, leases, log });
  return {
    ...files,
    runQueue,
    leases,
    close: async () => {
      await runQueue.close();
      await leases.close();
      await lmdb.close();
      await files.close();
    },
  };
}
