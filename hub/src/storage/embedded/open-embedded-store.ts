/** Opens all that the hub keeps in its own folder, and closes it in reverse order. The folder's lock must be held. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { DocumentStore } from '../../room/document-store.js';
import type { FileIndex } from '../../room/file-index.js';
import type { KernelUses } from '../../room/kernel-uses.js';
import type { TimelineStores } from '../../room/open-timeline.js';
import type { LeaseStore } from '../../run/lease.js';
import type { RunQueue } from '../../run/run-queue.js';
import type { TranscriptStore } from '../../run/transcript-store.js';
import { FileHistoryStore } from '../history/history-store.js';
import { FileVersionStore } from '../history/version-store.js';
import { KeptFile } from '../kept/kept-file.js';
import { KeptFileIndex } from '../kept/kept-file-index.js';
import { KeptKernelUses } from '../kept/kept-kernel-uses.js';
import { StepLine } from '../step-line.js';
import { EmbeddedDocumentStore } from './document-store.js';
import { ownerOnlyFolder } from './durable-files.js';
import { EmbeddedLeaseStore } from './lease-store.js';
import { openLmdb } from './lmdb-database.js';
import type { NoticeListener } from './notice.js';
import { EmbeddedRunQueue } from './run-queue.js';
import { EmbeddedTranscriptStore } from './transcript-store.js';

export interface EmbeddedStoreOptions {
  /** The store of one served folder; made when missing, for the owner alone. */
  readonly directory: string;
  readonly onNotice: NoticeListener;
  readonly log: Logger;
}

export interface EmbeddedStore {
  readonly runQueue: RunQueue;
  readonly leases: LeaseStore;
  readonly documents: DocumentStore;
  readonly fileIndex: FileIndex;
  readonly kernelUses: KernelUses;
  readonly timeline: TimelineStores;
  readonly transcripts: TranscriptStore;
  /** Can be called twice. */
  close(): Promise<void>;
}

/** What each notebook's history may take on the disk, and how much of that goes at once when it is full. */
const HISTORY = { maxBytes: 4 * 1024 * 1024, segmentBytes: 512 * 1024 };

export async function openEmbeddedStore({ directory, onNotice, log }: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  await mkdir(directory, { recursive: true, mode: ownerOnlyFolder });
  const fileIndex = new KeptFileIndex({ text: new KeptFile(join(directory, 'file-index.json')), onNotice });
  const kernelUses = new KeptKernelUses({ text: new KeptFile(join(directory, 'kernel-uses.json')), onNotice });
  const documents = new EmbeddedDocumentStore({
    folder: join(directory, 'documents'),
    onNotice,
    now: () => new Date(),
  });
  const transcripts = new EmbeddedTranscriptStore({ folder: join(directory, 'transcripts'), log });
  const history = new FileHistoryStore({ folder: join(directory, 'history'), ...HISTORY });
  const versions = new FileVersionStore(join(directory, 'versions'));
  await Promise.all([fileIndex.start(), kernelUses.start(), documents.start(), transcripts.start()]);
  const lmdb = await openLmdb(join(directory, 'queue.lmdb'), onNotice);
  const line = new StepLine();
  const leases = new EmbeddedLeaseStore({ root: lmdb.root, line, nowMs: Date.now });
  const runQueue = new EmbeddedRunQueue({ root: lmdb.root, line, leases, log });
  return {
    runQueue,
    leases,
    documents,
    fileIndex,
    kernelUses,
    timeline: { history, versions },
    transcripts,
    close: async () => {
      await runQueue.close();
      await leases.close();
      await lmdb.close();
      await transcripts.close();
      await history.close();
      await versions.close();
      await documents.close();
    },
  };
}
