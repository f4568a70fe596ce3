/**
 * What one kernel has said, in order, each entry under a number that grows by one. The newest part is in memory, all
 * that the bound allows in files, and only what was written to them is shown: the keeper that comes next must not
 * give a number again that a hub has seen. Where nothing can be written (the disk is full) it goes on in memory
 * alone, which holds less.
 */
import type { JournalRecord } from './journal-record.js';
import type { JournalSegments } from './journal-segments.js';

export interface Entry {
  /** As it is sent to hubs. */
  readonly frame: Buffer;
  /** As it is kept in the file. */
  readonly record: JournalRecord;
}

export interface JournalOptions {
  /** Null: in memory alone. */
  readonly segments: JournalSegments | null;
  /** The last that an earlier keeper gave; 0 when the journal is new. */
  readonly lastSeq: number;
  /** What hubs read that are a little behind; the rest is read back from the files. */
  readonly maxMemoryBytes: number;
  /** The first that a hub has not read which reads now: from there on the files keep more. Infinity: nobody reads. */
  readonly unreadSeq: () => number;
  /** A frame for what was read back. */
  readonly frameOf: (record: JournalRecord) => Buffer;
  /** Nothing more can be written: the next keeper must not take these files for the whole. */
  readonly onUnwritable: (error: unknown) => void;
}

/** Cut dropped entries off the array only now and then: shifting it at each drop would cost its length. */
const COMPACT_AT = 1024;
/** So much is not kept waiting for the end of the event loop's turn. */
const FLUSH_AT_BYTES = 1024 * 1024;

export class Journal {
  #segments: JournalSegments | null;
  #frames: Buffer[] = [];
  /** How many entries at the array's begin were dropped. */
  #dropped = 0;
  /** The seq of the array's first place. */
  #base: number;
  #memoryBytes = 0;
  #pending: JournalRecord[] = [];
  #pendingBytes = 0;
  #shownSeq: number;

  constructor(private readonly options: JournalOptions) {
    this.#segments = options.segments;
    this.#base = options.lastSeq + 1;
    this.#shownSeq = options.lastSeq;
  }

  /** The newest that may be shown. */
  get lastSeq(): number {
    return this.#shownSeq;
  }

  get bytes(): number {
    return this.#segments?.bytes ?? this.#memoryBytes;
  }

  /** The oldest in memory; one more than the newest when there is none. */
  get oldestInMemory(): number {
    return this.#base + this.#dropped;
  }

  /** Both forms carry the number, so they are made here, when it is known. Shown from the next `flush` on. */
  append(make: (seq: number) => Entry): number {
    const seq = this.#base + this.#frames.length;
    const { frame, record } = make(seq);
    this.#frames.push(frame);
    this.#memoryBytes += frame.length;
    this.#pending.push(record);
    this.#pendingBytes += frame.length;
    if (this.#pendingBytes > FLUSH_AT_BYTES) this.flush();
    return seq;
  }

  /** Writes what was appended, in one piece, so that it may be shown. */
  flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      this.#segments?.append(pending, this.options.unreadSeq());
    } catch (error) {
      this.giveUpFiles(error);
    }
    this.#shownSeq = this.#base + this.#frames.length - 1;
    while (this.#memoryBytes > this.options.maxMemoryBytes && this.oldestInMemory < this.#shownSeq) this.#dropOldest();
  }

  /** In memory from now on. Those who read now keep what they have loaded. */
  giveUpFiles(error: unknown): void {
    if (this.#segments === null) return;
    this.#segments.close();
    this.#segments = null;
    this.options.onUnwritable(error);
  }

  /** From memory; null when it is not there. */
  frameAt(seq: number): Buffer | null {
    const inMemory = seq >= this.oldestInMemory && seq <= this.#shownSeq;
    return inMemory ? (this.#frames[seq - this.#base] ?? null) : null;
  }

  /** From the file that holds this seq: its records, or null when it was dropped or can't be read. */
  recordsAround(seq: number): readonly JournalRecord[] | null {
    return this.#segments?.read(seq) ?? null;
  }

  frameOf(record: JournalRecord): Buffer {
    return this.options.frameOf(record);
  }

  /** Where to go on when `seq` is in no file and not in memory. */
  nextAfterLoss(seq: number): number {
    return Math.min(this.#segments?.firstSeqAfter(seq) ?? Infinity, this.oldestInMemory);
  }

  /** Can be called twice. */
  close(): void {
    this.#segments?.close();
  }

  #dropOldest(): void {
    this.#memoryBytes -= this.#frames[this.#dropped]?.length ?? 0;
    this.#frames[this.#dropped] = EMPTY;
    this.#dropped += 1;
    if (this.#dropped < COMPACT_AT || this.#dropped * 2 < this.#frames.length) return;
    this.#frames = this.#frames.slice(this.#dropped);
    this.#base += this.#dropped;
    this.#dropped = 0;
  }
}

const EMPTY = Buffer.alloc(0);
