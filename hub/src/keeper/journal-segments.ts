/**
 * The files of one kernel's journal: `journal-<seq of its first record>`, each appended to until it is large enough,
 * then followed by the next; when all together are too large the oldest goes. What was appended is out of this
 * process's hands when `append` returns, so that it survives the keeper's SIGKILL; not the machine's end, which its
 * kernel does not survive either, so nothing is synced to the disk.
 *
 * All calls are synchronous: a write into the page cache takes some microseconds, less than handing it to another
 * thread, and 'written before it is told' then needs no queue.
 */
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { readRecords, recordBytes, recordHead, type JournalRecord } from './journal-record.js';

export interface SegmentsOptions {
  readonly folder: string;
  /** All files together: what a hub may miss while it is away, times the kernels that a disk has room for. */
  readonly maxBytes: number;
  /** All files together while an attached hub has not read the oldest of them; at least `maxBytes`. */
  readonly maxUnreadBytes: number;
  /** One file: read as a whole by who comes from far behind, and dropped as a whole. */
  readonly segmentBytes: number;
}

interface Segment {
  readonly firstSeq: number;
  bytes: number;
}

const NAME = /^journal-(\d+)$/;

export class JournalSegments {
  readonly #segments: Segment[] = [];
  #file: number | null = null;
  #bytes = 0;

  constructor(private readonly options: SegmentsOptions) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** The seq of the oldest record; null when there is none. */
  get oldestSeq(): number | null {
    return this.#segments[0]?.firstSeq ?? null;
  }

  /**
   * Finds what an earlier keeper wrote and cuts off a record that it did not finish; gives the last seq. Throws when
   * there is nothing, or when the newest file is damaged: then numbers may have been told that are not here.
   */
  recover(): number {
    for (const firstSeq of this.#found()) {
      const { size } = statSync(this.#path(firstSeq));
      this.#segments.push({ firstSeq, bytes: size });
      this.#bytes += size;
    }
    const newest = this.#segments.at(-1);
    if (newest === undefined) throw new Error('its files are not there');
    return this.#cut(newest);
  }

  /**
   * `unreadSeq`: the first that a hub has not read which reads now. Throws when they can't be written; what of them is
   * in the file then is unknown.
   */
  append(records: readonly JournalRecord[], unreadSeq: number): void {
    const [first] = records;
    if (first === undefined) return;
    const bytes = records.reduce((total, record) => total + recordBytes(record), 0);
    const { file, segment } = this.#fileFor(first.seq, bytes);
    const pieces = records.flatMap((record) => [recordHead(record), record.payload]);
    if (writevSync(file, pieces) !== bytes) throw new Error('there is no room for it');
    segment.bytes += bytes;
    this.#bytes += bytes;
    while (this.#isTooLarge(unreadSeq)) this.#dropOldest();
  }

  /** The records of the file that holds this seq, as far as they can be read; null when it was dropped. */
  read(seq: number): readonly JournalRecord[] | null {
    const segment = this.#segments.findLast(({ firstSeq }) => firstSeq <= seq);
    if (segment === undefined) return null;
    return readRecords(readFileSync(this.#path(segment.firstSeq)), segment.firstSeq).records;
  }

  /** The first seq of the file after the one that holds `seq`. */
  firstSeqAfter(seq: number): number | null {
    return this.#segments.find(({ firstSeq }) => firstSeq > seq)?.firstSeq ?? null;
  }

  /** Removes what an earlier journal left, and makes the first file, so that its absence means a loss. */
  create(): void {
    for (const firstSeq of this.#found()) unlinkSync(this.#path(firstSeq));
    this.#startSegment(1);
  }

  /** Can be called twice. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #found(): number[] {
    const firsts = readdirSync(this.options.folder).map((name) => Number(NAME.exec(name)?.[1]));
    return firsts.filter(Number.isInteger).sort((a, b) => a - b);
  }

  #fileFor(seq: number, bytes: number): { readonly file: number; readonly segment: Segment } {
    const newest = this.#segments.at(-1);
    const fits = (segment: Segment) => segment.bytes === 0 || segment.bytes + bytes <= this.options.segmentBytes;
    if (newest !== undefined && fits(newest)) {
      this.#file ??= openSync(this.#path(newest.firstSeq), 'a');
      return { file: this.#file, segment: newest };
    }
    return this.#startSegment(seq);
  }

  #startSegment(firstSeq: number): { readonly file: number; readonly segment: Segment } {
    this.close();
    const segment = { firstSeq, bytes: 0 };
    const file = openSync(this.#path(firstSeq), 'ax', 0o600);
    this.#file = file;
    this.#segments.push(segment);
    return { file, segment };
  }

  #cut(newest: Segment): number {
    const path = this.#path(newest.firstSeq);
    const { records, wholeBytes, end } = readRecords(readFileSync(path), newest.firstSeq);
    if (end === 'damaged') throw new Error('its newest file is damaged');
    if (end === 'torn') truncateSync(path, wholeBytes);
    this.#bytes -= newest.bytes - wholeBytes;
    newest.bytes = wholeBytes;
    return records.at(-1)?.seq ?? newest.firstSeq - 1;
  }

  #isTooLarge(unreadSeq: number): boolean {
    const next = this.#segments[1];
    if (next === undefined) return false;
    const isRead = next.firstSeq <= unreadSeq;
    return this.#bytes > (isRead ? this.options.maxBytes : this.options.maxUnreadBytes);
  }

  #dropOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes;
    unlinkSync(this.#path(oldest.firstSeq));
  }

  #path(firstSeq: number): string {
    return join(this.options.folder, `journal-${firstSeq}`);
  }
}
