/**
 * Pure: when a log is compacted, so that it stays within four times its document's state and 8 MiB (X4), and is soon read.
 *
 * A log grows by what is appended, and a document shrinks by what is deleted, which a log hardly shows. So what is deleted
 * is weighed: what is left of the compacted state at least is known without making the state anew.
 */
import * as Y from 'yjs';
import type { LogSize } from './document-store.js';

/** What a log may take however small its document is. */
const SMALL_BYTES = 4 * 1024 * 1024;
/** Below 4: what comes while a compaction goes on needs room too. */
const FACTOR = 3;

/** To apply so many takes about a tenth of a second when the document is opened. */
const MANY_RECORDS = 10_000;

/** `deletedBytes`: since the log was last compacted. */
export function isTooLong({ logBytes, baseBytes, records }: LogSize, deletedBytes: number): boolean {
  if (records >= MANY_RECORDS) return true;
  const leftOfBase = Math.max(0, baseBytes - deletedBytes);
  return logBytes >= SMALL_BYTES && logBytes >= FACTOR * leftOfBase;
}

/** What is known of a log that was just opened: nobody has weighed what its last owner deleted. */
export function deletedSinceBase({ logBytes, baseBytes }: LogSize, doc: Y.Doc): number {
  // A small log is not compacted whatever was deleted, and need not wait for its state to be made.
  return logBytes < SMALL_BYTES ? 0 : Math.max(0, baseBytes - Y.encodeStateAsUpdate(doc).byteLength);
}

/** About the bytes that a transaction's deletions took out of the document; to be asked before they are collected. */
export function deletedBytes(transaction: Y.Transaction): number {
  let bytes = 0;
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (struct instanceof Y.Item) bytes += weightOf(struct.content);
  });
  return bytes;
}

function weightOf(content: Y.Item['content']): number {
  if (content instanceof Y.ContentString) return content.str.length;
  if (content instanceof Y.ContentAny) return content.arr.reduce<number>((sum, value) => sum + weightOfJson(value), 0);
  return 1;
}

function weightOfJson(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.entries(value).reduce((sum, [key, each]) => sum + key.length + weightOfJson(each), 0);
}
