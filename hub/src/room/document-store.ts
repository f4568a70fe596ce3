/**
 * DocumentStore: the durable history of each notebook's Yjs document, one log a document. A log has one epoch, unchanged
 * by restart and compaction; a document is loaded from its log and never a second time from its file.
 */
import type { Epoch, FileId } from '@cokernel/proto/hub';

/** What the kernel's owner writes with a flush of output, in one record with its update (design §4, a crash, rule 1). */
export interface KernelMark {
  readonly runId: string;
  readonly journalId: string;
  /** The highest kernel message wholly contained. */
  readonly seq: number;
  /** JSON of what the document can't show: pending clear, cursor. */
  readonly reducerState: unknown;
  /** JSON; how the run ended, when this record shows it. */
  readonly end: unknown;
}

/** Runs of which a log keeps the newest mark: the one that goes on, and those that ended and may still print. */
export const KEPT_MARKS = 16;

export interface LogRecord {
  /** A Yjs update (v1 encoding). */
  readonly update: Uint8Array;
  readonly mark?: KernelMark;
}

/** What a log holds when it is opened. */
export interface LoadedLog {
  readonly epoch: Epoch;
  /** In order; the first may be a compacted state. Apply them one by one. */
  readonly updates: readonly Uint8Array[];
  /** The newest mark of each of the newest runs (`KEPT_MARKS`), oldest first. */
  readonly marks: readonly KernelMark[];
  /** Text that belongs to the log and is replaced as a whole: `base`, the file's content hash when last saved, … */
  readonly facts: Readonly<Record<string, string>>;
  /** Bytes at the end that were cut off because a write had not finished; 0 as a rule. */
  readonly tornBytes: number;
}

export interface LogSize {
  readonly logBytes: number;
  /** Of the newest compacted state. */
  readonly baseBytes: number;
  /** Appended since then. */
  readonly records: number;
}

export interface DocumentLog {
  readonly epoch: Epoch;
  /** Appends; resolves when durable (group fsync). Records become durable in the order of the calls. */
  append(record: LogRecord): Promise<void>;
  /** Replaces one fact; resolves when durable. */
  setFact(name: string, value: string): Promise<void>;
  /** Resolves when all that was appended before is durable. */
  flushed(): Promise<void>;
  /** What finds no room where it is stored waits from now on, and is tried again: told when that begins and ends. */
  onFull(listener: (isFull: boolean) => void): void;
  size(): LogSize;
  /**
   * Replaces all records by one that holds the document that they make (the whole as one update), keeping epoch, marks
   * and facts; atomic. Records appended meanwhile stay. The event loop goes on meanwhile, however large the document.
   */
  compact(): Promise<void>;
  /** Flushes and closes. Can be called twice. */
  close(): Promise<void>;
}

export interface DocumentStore {
  /**
   * Opens the log of a document under a fence of its notebook's lease; null when there is none yet. Throws
   * `DocumentStoreError` (`damaged`, `staleFence`).
   */
  open(fileId: FileId, fence: number): Promise<{ readonly log: DocumentLog; readonly loaded: LoadedLog } | null>;
  /** Makes a new log with its first record; one that stood there is put aside under its epoch's name. */
  create(fileId: FileId, fence: number, epoch: Epoch, state: Uint8Array): Promise<DocumentLog>;
  /** Stores a client's document of another history apart, so that it can be offered back (X1). Answers its name; the same bytes are kept once. */
  keepForeignCopy(fileId: FileId, state: Uint8Array): Promise<string>;
  /** The names of the foreign copies kept for a document, oldest first. */
  foreignCopies(fileId: FileId): Promise<readonly string[]>;
  /** Such a copy: a whole document as one update. Null when there is none of this name. */
  readForeignCopy(fileId: FileId, name: string): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

export class DocumentStoreError extends Error {
  override readonly name = 'DocumentStoreError';
  constructor(
    readonly code: 'damaged' | 'staleFence',
    message: string,
    /** With `staleFence`: the highest fence seen. */
    readonly highestFence?: number,
  ) {
    super(message);
  }
}
