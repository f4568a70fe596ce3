/** Opens all that a hub keeps in files of its own folder, and closes it in reverse order. One hub at a time writes there: who has the folder's lock, or its lease. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { DocumentStore } from '../../room/document-store.js';
import type { FileIndex } from '../../room/file-index.js';
import type { KernelUses } from '../../room/kernel-uses.js';
import type { TimelineStores } from '../../room/open-timeline.js';
import { ofOneHub, type Right } from '../../right.js';
import type { TranscriptStore } from '../../run/transcript-store.js';
import { FileHistoryStore } from '../history/history-store.js';
import { FileVersionStore } from '../history/version-store.js';
import { KeptFile } from '../kept/kept-file.js';
import { KeptFileIndex } from '../kept/kept-file-index.js';
import { KeptKernelUses } from '../kept/kept-kernel-uses.js';
import type { KeptText } from '../kept/kept-text.js';
import { EmbeddedDocumentStore } from './document-store.js';
import { ownerOnlyFolder } from './durable-files.js';
import type { NoticeListener } from './notice.js';
import { EmbeddedTranscriptStore } from './transcript-store.js';

export interface FolderStoreOptions {
  /** The store of one served folder; made when missing, for the owner alone. */
  readonly directory: string;
  /** Where a text of this name is kept, if not in a file of the folder. */
  readonly keptText?: (name: string) => KeptText;
  /** To write there; default: of one hub. */
  readonly right?: Right;
  readonly onNotice: NoticeListener;
  readonly log: Logger;
}

export interface FolderStore {
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

export async function openFolderStore(options: FolderStoreOptions): Promise<FolderStore> {
  const { directory, right = ofOneHub, onNotice, log } = options;
  await mkdir(directory, { recursive: true, mode: ownerOnlyFolder });
  const keptText = options.keptText ?? ((name) => new KeptFile(join(directory, `${name}.json`)));
  const fileIndex = new KeptFileIndex({ text: keptText('file-index'), onNotice });
  const kernelUses = new KeptKernelUses({ text: keptText('kernel-uses'), onNotice });
  const documents = new EmbeddedDocumentStore({
    folder: join(directory, 'documents'),
    onNotice,
    now: () => new Date(),
  });
  const transcripts = new EmbeddedTranscriptStore({ folder: join(directory, 'transcripts'), right, log });
  const history = new FileHistoryStore({ folder: join(directory, 'history'), right, ...HISTORY });
  const versions = new FileVersionStore(join(directory, 'versions'), right);
  await Promise.all([fileIndex.start(), kernelUses.start(), documents.start(), transcripts.start()]);
  return {
    documents,
    fileIndex,
    kernelUses,
    timeline: { history, versions },
    transcripts,
    close: async () => {
      await transcripts.close();
      await history.close();
      await versions.close();
      await documents.close();
    },
  };
}
