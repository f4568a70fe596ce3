/**
 * FileSync: one notebook's file and its document, in both directions. The file becomes a document once, in a new epoch;
 * after that the log is the history and the file is written from it. A file that another program changed while the
 * notebook was closed begins a new epoch when nothing unsaved would be lost by that, and is kept beside otherwise.
 */
import * as Y from 'yjs';
import type { Epoch, FileId } from '@cokernel/proto/hub';
import { Epoch as EpochSchema } from '@cokernel/proto/hub';
import { fillDocument, makeNotebook, readDocument, readNotebook, writeNotebook } from '@cokernel/proto/notebook';
import type { DocumentLog, DocumentStore, KernelMark, LoadedLog } from './document-store.js';
import type { FileContent } from './notebook-file.js';
import { contentHash, readNotebookFile, writeNotebookFile } from './notebook-file.js';
import { genesisClientId } from './room-document.js';

export interface FileSyncOptions {
  readonly store: DocumentStore;
  readonly newId: () => string;
  readonly clock: () => Date;
}

/** A document with its log, as the room takes it over. */
export interface OpenedDocument {
  readonly doc: Y.Doc;
  readonly log: DocumentLog;
  readonly marks: readonly KernelMark[];
  readonly saved: SavedState;
}

/** What is known of the file: its bytes' hash, and the hash of the document's text at that time. */
export interface SavedState {
  readonly fileHash: string | null;
  readonly documentHash: string;
}

/** The names of the log's facts. */
const FILE_HASH = 'fileHash';
const DOCUMENT_HASH = 'documentHash';

export class FileSync {
  constructor(private readonly options: FileSyncOptions) {}

  /** Loads the log, or makes one from the file. Throws `NotebookFormatError` on a file that is no notebook. */
  async open(fileId: FileId, absolute: string, fence: number): Promise<OpenedDocument> {
    const file = await readNotebookFile(absolute);
    const opened = await this.options.store.open(fileId, fence);
    if (opened === null) return this.begin(fileId, fence, file);
    const doc = loadDocument(opened.loaded);
    const saved = savedStateOf(opened.loaded, doc);
    if (file === null || !changedOutside(file, saved, doc)) {
      return { doc, log: opened.log, marks: opened.loaded.marks, saved };
    }
    await opened.log.close();
    doc.destroy();
    return this.begin(fileId, fence, file);
  }

  /** Writes the document to the file when it differs from what was last saved. */
  async save(opened: OpenedDocument, absolute: string): Promise<{ saved: SavedState; keptAs: string | null }> {
    const text = textOf(opened.doc);
    const documentHash = contentHash(text);
    if (documentHash === opened.saved.documentHash) return { saved: opened.saved, keptAs: null };
    const { hash, keptAs } = await writeNotebookFile(absolute, text, opened.saved.fileHash, this.options.clock());
    const saved = { fileHash: hash, documentHash };
    await remember(opened.log, saved);
    return { saved, keptAs };
  }

  /** A new epoch, from the file as it is. */
  private async begin(fileId: FileId, fence: number, file: FileContent | null): Promise<OpenedDocument> {
    const epoch = EpochSchema.parse(this.options.newId());
    const state = genesisState(epoch, file);
    const log = await this.options.store.create(fileId, fence, epoch, state);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, state);
    const saved = { fileHash: file?.hash ?? null, documentHash: contentHash(textOf(doc)) };
    await remember(log, saved);
    return { doc, log, marks: [], saved };
  }
}

async function remember(log: DocumentLog, saved: SavedState): Promise<void> {
  await Promise.all([log.setFact(FILE_HASH, saved.fileHash ?? ''), log.setFact(DOCUMENT_HASH, saved.documentHash)]);
}

/** The notebook's first structs, under the client id that belongs to the epoch. An empty file is an empty notebook. */
function genesisState(epoch: Epoch, file: FileContent | null): Uint8Array {
  const notebook = file === null || file.text.trim() === '' ? makeNotebook() : readNotebook(file.text).notebook;
  const doc = new Y.Doc();
  doc.clientID = genesisClientId(epoch);
  fillDocument(doc, notebook);
  const state = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return state;
}

function loadDocument(loaded: LoadedLog): Y.Doc {
  const doc = new Y.Doc();
  for (const update of loaded.updates) Y.applyUpdate(doc, update);
  return doc;
}

function savedStateOf(loaded: LoadedLog, doc: Y.Doc): SavedState {
  const { facts } = loaded;
  return { fileHash: facts[FILE_HASH] || null, documentHash: facts[DOCUMENT_HASH] ?? contentHash(textOf(doc)) };
}

/** Another program wrote the file, and the document has nothing that the file's last version lacked. */
function changedOutside(file: FileContent, saved: SavedState, doc: Y.Doc): boolean {
  if (file.hash === saved.fileHash) return false;
  const now = contentHash(textOf(doc));
  return now === saved.documentHash && now !== file.hash;
}

function textOf(doc: Y.Doc): string {
  return writeNotebook(readDocument(doc));
}
