/**
 * FileSync: one notebook's file and its document, in both directions. The file becomes a document once, in a new epoch;
 * after that the log is the history and the file is written from it. What another program writes to the file is read
 * for the room to merge (room-file.ts). What was saved last lies in the log's facts (saved-facts.ts).
 */
import * as Y from 'yjs';
import { Epoch, type FileId } from '@cokernel/proto/hub';
import { readDocument, type Notebook } from '@cokernel/proto/notebook';
import type { OutputStore } from '../run/output-store.js';
import type { DocumentLog, DocumentStore, KernelMark, LoadedLog } from './document-store.js';
import type { DraftFile, FileReading, NotebookFiles, SavedState } from './notebook-files.js';
import { QUEUE_RULES } from './kept-queue-rules.js';
import { MOVED_CELLS } from './moved/moved-record.js';
import { foreignTexts } from './own-references.js';
import { genesisClientId } from './room-document.js';
import { SavedFacts } from './saved-facts.js';

export interface FileSyncOptions {
  readonly store: DocumentStore;
  readonly notebookFiles: NotebookFiles;
  readonly outputStore: Pick<OutputStore, 'isReferred' | 'put' | 'refer'>;
  readonly newId: () => string;
  readonly clock: () => Date;
}

/** A document with its log, as the room takes it over. */
export interface OpenedDocument {
  readonly fileId: FileId;
  readonly doc: Y.Doc;
  readonly log: DocumentLog;
  readonly facts: SavedFacts;
  readonly marks: readonly KernelMark[];
  readonly movedCells: string | null;
  readonly queueRules: string | null;
  readonly saved: SavedState;
  /** What of the file that it was made from just now can't be kept, one sentence each. */
  readonly notKept: readonly string[];
}

/** What another program wrote: as a document would have it, what is large outside. */
export interface FileContent {
  readonly saved: SavedState;
  readonly notebook: Notebook;
  readonly notKept: readonly string[];
}

/** A document that is read and given up has no author. */
const READER = 1;

export class FileSync {
  constructor(private readonly options: FileSyncOptions) {}

  /**
   * Loads the log, or makes one from the file. Throws `NotebookFormatError` on a file that is no notebook. What another
   * program did to the file since is not in the document yet.
   */
  async open(fileId: FileId, absolute: string, fence: number): Promise<OpenedDocument> {
    const opened = await this.options.store.open(fileId, fence);
    if (opened === null) return this.begin(fileId, fence, absolute);
    const { log, loaded } = opened;
    const doc = loadDocument(loaded);
    const facts = new SavedFacts(log);
    const saved = await facts.settle(loaded, absolute);
    const movedCells = loaded.facts[MOVED_CELLS] ?? null;
    const queueRules = loaded.facts[QUEUE_RULES] ?? null;
    return { fileId, doc, log, facts, marks: loaded.marks, movedCells, queueRules, saved, notKept: [] };
  }

  /**
   * Writes the document to the file when it differs from what was last saved; null when another program has written the
   * file since. Rejects with a reason for people. `announce` is told what is about to be the file; then it is, or not.
   */
  async save(
    { fileId, doc, facts }: OpenedDocument,
    saved: SavedState,
    absolute: string,
    announce: (draft: DraftFile) => Promise<void>,
  ): Promise<SavedState | null> {
    const begin = (draft: DraftFile): Promise<unknown> => Promise.all([facts.begin(draft), announce(draft)]);
    const { notebookFiles, outputStore } = this.options;
    const state = Y.encodeStateAsUpdate(doc);
    const outcome = await notebookFiles.write({
      absolute,
      state,
      saved,
      withheld: await foreignTexts(outputStore, fileId, doc),
      onDraft: async (draft) => {
        await (draft === null ? facts.withdraw() : begin(draft));
      },
    });
    switch (outcome.outcome) {
      case 'unchanged':
        return saved;
      case 'written':
        await facts.done();
        return outcome.saved;
      case 'foreign':
        return null;
    }
  }

  /** Throws `NotebookFormatError`. */
  async read(fileId: FileId, absolute: string): Promise<FileContent> {
    const { state, saved, notKept } = await this.takeIn(fileId, absolute, READER);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, state);
    const notebook = readDocument(doc);
    doc.destroy();
    return { saved, notebook, notKept };
  }

  /** A new epoch, from the file as it is. */
  private async begin(fileId: FileId, fence: number, absolute: string): Promise<OpenedDocument> {
    const { newId, store } = this.options;
    const epoch = Epoch.parse(newId());
    const { state, saved, notKept } = await this.takeIn(fileId, absolute, genesisClientId(epoch));
    const log = await store.create(fileId, fence, epoch, state);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, state);
    const facts = new SavedFacts(log);
    await facts.remember(saved);
    return { fileId, doc, log, facts, marks: [], movedCells: null, queueRules: null, saved, notKept };
  }

  /** What lies outside is durable and referred to before a document names it. */
  private async takeIn(fileId: FileId, absolute: string, clientId: number): Promise<FileReading> {
    const { outputStore, notebookFiles } = this.options;
    const put = (bytes: Uint8Array): Promise<unknown> => outputStore.put(bytes);
    const reading = await notebookFiles.read({ absolute, clientId, put });
    if (reading.outside.length > 0) await outputStore.refer({ fileId, holder: 'log' }, reading.outside);
    return reading;
  }
}

function loadDocument(loaded: LoadedLog): Y.Doc {
  const doc = new Y.Doc();
  // In one transaction: to end each costs as much as to apply it.
  doc.transact(() => {
    for (const update of loaded.updates) Y.applyUpdate(doc, update);
  });
  return doc;
}
