/**
 * What one kernel has said, newest last, each entry a ready frame under a number that grows by one. Bounded: the
 * oldest entries go first, and whoever reads from before them is told of the gap. The newest entry always stays.
 * Pure: frames in, frames out. The next issue puts a file under it; its users see entries and gaps only.
 */
export type JournalStep =
  | { readonly kind: 'entry'; readonly seq: number; readonly frame: Buffer }
  /** Entries after `fromSeq` and before `toSeq` are gone. */
  | { readonly kind: 'gap'; readonly fromSeq: number; readonly toSeq: number }
  | { readonly kind: 'end' };

/** Cut dropped entries off the array only now and then: shifting it at each drop would cost its length. */
const COMPACT_AT = 1024;

export class Journal {
  #frames: Buffer[] = [];
  /** How many entries at the array's begin were dropped. */
  #dropped = 0;
  /** The seq of the array's first place. */
  #base = 1;
  #bytes = 0;

  /** `maxBytes`: as much as a hub may miss while it restarts, times the kernels that a machine runs. */
  constructor(private readonly maxBytes: number) {}

  get lastSeq(): number {
    return this.#base + this.#frames.length - 1;
  }

  /** The frame carries its own seq, so it is made here, when the number is known. */
  append(makeFrame: (seq: number) => Buffer): number {
    const seq = this.lastSeq + 1;
    const frame = makeFrame(seq);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    while (this.#bytes > this.maxBytes && this.#dropped < this.#frames.length - 1) this.#dropOldest();
    return seq;
  }

  /** What comes after `seq`. A seq that this journal has not reached is at its end. */
  after(seq: number): JournalStep {
    const next = seq + 1;
    const oldest = this.#base + this.#dropped;
    if (next > this.lastSeq) return { kind: 'end' };
    if (next < oldest) return { kind: 'gap', fromSeq: seq, toSeq: oldest };
    const frame = this.#frames[next - this.#base];
    if (frame === undefined) throw new Error(`the journal lost its entry ${next}`);
    return { kind: 'entry', seq: next, frame };
  }

  #dropOldest(): void {
    this.#bytes -= this.#frames[this.#dropped]?.length ?? 0;
    this.#frames[this.#dropped] = EMPTY;
    this.#dropped += 1;
    if (this.#dropped < COMPACT_AT || this.#dropped * 2 < this.#frames.length) return;
    this.#frames = this.#frames.slice(this.#dropped);
    this.#base += this.#dropped;
    this.#dropped = 0;
  }
}

const EMPTY = Buffer.alloc(0);
