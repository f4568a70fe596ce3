/**
 * A journal's records as they stand in its files:
 *
 *     length u32 | crc32 u32 | kind u8 | seq u64 | payload      (little endian)
 *
 * `length` counts what follows the crc32, which covers the same bytes. A message's payload is its v1 WebSocket frame,
 * an event's is JSON: neither depends on the version of the keeper's protocol, which may have changed when they are
 * read again.
 * Pure: bytes in, records out.
 */
import { crc32 } from '../crc32.js';

const kinds = { message: 0, event: 1 } as const;

export interface JournalRecord {
  readonly kind: keyof typeof kinds;
  readonly seq: number;
  readonly payload: Uint8Array;
}

export interface RecordsRead {
  readonly records: readonly JournalRecord[];
  /** How many of the bytes are whole records, from the first on. */
  readonly wholeBytes: number;
  /** What ends them: the end of the bytes, a record whose end was not written, or one that is not what was written. */
  readonly end: 'whole' | 'torn' | 'damaged';
}

const PREFIX_BYTES = 8;
const HEAD_BYTES = 9;

export function recordBytes({ payload }: JournalRecord): number {
  return PREFIX_BYTES + HEAD_BYTES + payload.length;
}

/** What is written before the payload. */
export function recordHead({ kind, seq, payload }: JournalRecord): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + HEAD_BYTES);
  bytes.writeUInt32LE(HEAD_BYTES + payload.length, 0);
  bytes.writeUInt8(kinds[kind], PREFIX_BYTES);
  bytes.writeBigUInt64LE(BigInt(seq), PREFIX_BYTES + 1);
  bytes.writeUInt32LE(crc32(bytes.subarray(PREFIX_BYTES), payload), 4);
  return bytes;
}

/** `firstSeq`: of the first record; each next one has the next. */
export function readRecords(bytes: Buffer, firstSeq: number): RecordsRead {
  const records: JournalRecord[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const record = recordAt(bytes, offset, firstSeq + records.length);
    if (typeof record === 'string') return { records, wholeBytes: offset, end: record };
    records.push(record);
    offset += recordBytes(record);
  }
  return { records, wholeBytes: offset, end: 'whole' };
}

/** The seq is looked at first: bytes that are not ours have any length, also one beyond the end of the file. */
function recordAt(bytes: Buffer, offset: number, seq: number): JournalRecord | 'torn' | 'damaged' {
  const start = offset + PREFIX_BYTES;
  if (start + HEAD_BYTES > bytes.length) return 'torn';
  if (Number(bytes.readBigUInt64LE(start + 1)) !== seq) return 'damaged';
  const end = start + bytes.readUInt32LE(offset);
  if (end > bytes.length) return 'torn';
  const body = bytes.subarray(start, end);
  if (body.length < HEAD_BYTES || crc32(body) !== bytes.readUInt32LE(offset + 4)) return 'damaged';
  const kind = body.readUInt8(0) === kinds.message ? 'message' : 'event';
  return { kind, seq, payload: body.subarray(HEAD_BYTES) };
}
