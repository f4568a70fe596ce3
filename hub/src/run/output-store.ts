/**
 * OutputStore: what runs produce that is too large for a document, by the SHA-256 of its bytes. Bytes are durable when a
 * promise resolves, so that a document can name them in its next record. What no notebook refers to any more is removed a
 * while after its last reference.
 *
 * A reference belongs to a notebook and to a holder of it: the document's log, a version, a checkpoint, a fork. Nothing is
 * served for a notebook that does not refer to it.
 */
import type { ContentHash, FileId, TextId } from '@cokernel/proto/hub';

/** From `start` (inclusive) to `end` (exclusive), in bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface StoredBytes {
  /** Of the whole, whatever range is read. */
  readonly size: number;
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
}

/** The text of one stream output, which grows while its run goes on. Only its last line may be taken back. */
export interface GrowingText {
  readonly id: TextId;
  /** Bytes that were appended so far, durable or not. */
  readonly size: number;
  append(text: string): void;
  /** Resolves when all that was appended before is durable. */
  durable(): Promise<void>;
  /** The text is complete: it is an output of the store from now on, and can still be read by its id. */
  finish(): Promise<ContentHash>;
  /** Leaves it as it is, for who goes on. Can be called twice. */
  close(): Promise<void>;
}

/** Who refers: the notebook, and what of it. */
export interface Reference {
  readonly fileId: FileId;
  /** `log`, `version:<id>`, `checkpoint:<id>`, `fork:<id>`. */
  readonly holder: string;
}

export interface OutputStore {
  /** Durable when it resolves; bytes that are there already are not written again. */
  put(bytes: Uint8Array): Promise<ContentHash>;
  /** Null when there are no such bytes (any more). */
  get(hash: ContentHash): Promise<StoredBytes | null>;
  /**
   * Begins the text of this id (`size` 0), or goes on with it: what stands behind `size` bytes is cut off. Rejects when
   * fewer are there.
   */
  grow(id: TextId, size: number): Promise<GrowingText>;
  /** A text by its id, as far as it has come; null when there is none. */
  text(id: TextId): Promise<StoredBytes | null>;
  /** These outputs and texts too; durable when it resolves. */
  refer(by: Reference, to: readonly (ContentHash | TextId)[]): Promise<void>;
  /**
   * These and no others: what the holder let go is removed a while after nobody refers to it. Until then it counts as
   * referred to by its notebook, so that an undo finds it.
   */
  setReferences(by: Reference, to: readonly (ContentHash | TextId)[]): Promise<void>;
  /** Who refers to anything at all. */
  references(): Promise<readonly Reference[]>;
  isReferred(fileId: FileId, to: ContentHash | TextId): Promise<boolean>;
  /** Removes what nobody has referred to since `before`. Answers what it removed. */
  sweep(before: Date): Promise<{ readonly removed: number; readonly bytes: number }>;
  close(): Promise<void>;
}
