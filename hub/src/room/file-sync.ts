/**
 * FileSync: one notebook's file and its document, in both directions. The file becomes a document once, in a new epoch;
 * after that the log is the history and the file is written from it. A file that another program changed while the
 * notebook was closed begins a new epoch when nothing unsaved would be lost by that, and is kept beside otherwise.
 */
import * as Y from 'yjs';
import { z } from 'zod';
import { Epoch, type FileId } from '@cokernel/proto/hub';
import type { OutputStore } from '../run/output-store.js';
import { documentHash } from './document-hash.js';
import type { DocumentLog, DocumentStore, KernelMark, LoadedLog } from './document-store.js';
import { hashOfFile, keepAside } from './notebook-file.js';
import type { NotebookFiles, SavedState } from './notebook-files.js';
import { MOVED_CELLS } from './moved/moved-record.js';
import { genesisClientId } from './room-document.js';

export interface FileSyncOptions {
  readonly store: DocumentStore;
  readonly notebookFiles: NotebookFiles;
  readonly outputStore: Pick<OutputStore, 'put' | 'refer'>;
  readonly newId: () => string;
  readonly clock: () => Date;
}

/** A document with its log, as the room takes it over. */
export interface OpenedDocument {
  readonly doc: Y.Doc;
  readonly log: DocumentLog;
  readonly marks: readonly KernelMark[];
  readonly movedCells: string | null;
  readonly saved: SavedState;
}

/** The names of the log's facts. */
const FILE_HASH = 'fileHash';
const DOCUMENT_HASH = 'documentHash';
/** What is about to take the file's place: a hub that is killed in between finds by it that the file is its own. */
const DRAFT = 'draft';

const Draft = z.object({ fileHash: z.string(), documentHash: z.string() });

export class FileSync {
  constructor(private readonly options: FileSyncOptions) {}

  /** Loads the log, or makes one from the file. Throws `NotebookFormatError` on a file that is no notebook. */
  async open(fileId: FileId, absolute: string, fence: number): Promise<OpenedDocument> {
    const opened = await this.options.store.open(fileId, fence);
    if (opened === null) return this.begin(fileId, fence, absolute);
    const fileHash = await hashOfFile(absolute);
    const doc = loadDocument(opened.loaded);
    const saved = savedStateOf(opened.loaded, doc, fileHash);
    if (fileHash === null || !changedOutside(fileHash, saved, doc)) {
      return {
        doc,
        log: opened.log,
        marks: opened.loaded.marks,
        movedCells: opened.loaded.facts[MOVED_CELLS] ?? null,
        saved,
      };
    }
    await opened.log.close();
    doc.destroy();
    return this.begin(fileId, fence, absolute);
  }

  /** Writes the document to the file when it differs from what was last saved. Rejects with a reason for people. */
  async save(opened: OpenedDocument, absolute: string): Promise<{ saved: SavedState; keptAs: string | null }> {
    const { doc, log, saved } = opened;
    const outcome = await this.options.notebookFiles.write({
      absolute,
      state: Y.encodeStateAsUpdate(doc),
      saved,
      onDraft: (draft) => log.setFact(DRAFT, JSON.stringify(draft)),
    });
    switch (outcome.outcome) {
      case 'unchanged':
        return { saved, keptAs: null };
      case 'written':
        await remember(log, outcome.saved);
        return { saved: outcome.saved, keptAs: null };
      case 'foreign': {
        const keptAs = await keepAside(absolute, this.options.clock());
        const after = { ...opened, saved: { ...saved, fileHash: outcome.fileHash } };
        return { ...(await this.save(after, absolute)), keptAs };
      }
    }
  }

  /** A new epoch, from the file as it is. What lies outside is durable and referred to before the log names it. */
  private async begin(fileId: FileId, fence: number, absolute: string): Promise<OpenedDocument> {
    const { outputStore, notebookFiles, newId, store } = this.options;
    const epoch = Epoch.parse(newId());
    const put = (bytes: Uint8Array): Promise<unknown> => outputStore.put(bytes);
    const reading = await notebookFiles.read({ absolute, clientId: genesisClientId(epoch), put });
    if (reading.outside.length > 0) await outputStore.refer({ fileId, holder: 'log' }, reading.outside);
    const log = await store.create(fileId, fence, epoch, reading.state);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, reading.state);
    await remember(log, reading.saved);
    return { doc, log, marks: [], movedCells: null, saved: reading.saved };
  }
}

async function remember(log: DocumentLog, saved: SavedState): Promise<void> {
  await Promise.all([log.setFact(FILE_HASH, saved.fileHash ?? ''), log.setFact(DOCUMENT_HASH, saved.documentHash)]);
}

function loadDocument(loaded: LoadedLog): Y.Doc {
  const doc = new Y.Doc();
  for (const update of loaded.updates) Y.applyUpdate(doc, update);
  return doc;
}

function savedStateOf({ facts }: LoadedLog, doc: Y.Doc, fileHash: string | null): SavedState {
  const draft = facts[DRAFT] === undefined ? null : Draft.parse(JSON.parse(facts[DRAFT]));
  if (draft !== null && draft.fileHash === fileHash) return draft;
  return { fileHash: facts[FILE_HASH] || null, documentHash: facts[DOCUMENT_HASH] ?? documentHash(doc) };
}

/** Another program wrote the file, and the document has nothing that the file's last version lacked. */
function changedOutside(fileHash: string, saved: SavedState, doc: Y.Doc): boolean {
  if (fileHash === saved.fileHash) return false;
  const now = documentHash(doc);
  return now === saved.documentHash && now !== fileHash;
}
