/**
 * A place in a journal that moves on as it is read: from memory where the entry is still there, else from the file
 * that holds it, which is loaded as a whole and let go when it was read through. What is in neither is told as a gap.
 */
import type { Journal } from './journal.js';
import type { JournalRecord } from './journal-record.js';

export type JournalStep =
  | { readonly kind: 'entry'; readonly seq: number; readonly frame: Buffer }
  /** Entries after `fromSeq` and before `toSeq` are gone. */
  | { readonly kind: 'gap'; readonly fromSeq: number; readonly toSeq: number }
  | { readonly kind: 'end' };

export class JournalReader {
  #seq: number;
  #loaded: readonly JournalRecord[] = [];

  /** A seq that this journal has not reached is at its end. */
  constructor(
    private readonly journal: Journal,
    fromSeq: number,
  ) {
    this.#seq = Math.min(fromSeq, journal.lastSeq);
  }

  /** Of the entry that was read last. */
  get seq(): number {
    return this.#seq;
  }

  /** Reads the next entry, or steps over what is gone. */
  next(): JournalStep {
    const seq = this.#seq + 1;
    if (seq > this.journal.lastSeq) return { kind: 'end' };
    const frame = this.#frameAt(seq);
    if (frame === null) return this.#stepOver(seq);
    this.#seq = seq;
    return { kind: 'entry', seq, frame };
  }

  #frameAt(seq: number): Buffer | null {
    const inMemory = this.journal.frameAt(seq);
    if (inMemory !== null) {
      this.#loaded = [];
      return inMemory;
    }
    const record = this.#recordAt(seq);
    return record === null ? null : this.journal.frameOf(record);
  }

  #recordAt(seq: number): JournalRecord | null {
    if (this.#placeOf(seq) === null) this.#loaded = this.journal.recordsAround(seq) ?? [];
    return this.#placeOf(seq);
  }

  #placeOf(seq: number): JournalRecord | null {
    return this.#loaded[seq - (this.#loaded[0]?.seq ?? 0)] ?? null;
  }

  #stepOver(seq: number): JournalStep {
    const fromSeq = this.#seq;
    const toSeq = this.journal.nextAfterLoss(seq);
    this.#seq = toSeq - 1;
    return { kind: 'gap', fromSeq, toSeq };
  }
}
