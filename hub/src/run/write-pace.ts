/**
 * How often one kernel writes into documents, over all of its runs: at once after quiet, then once a frame of a screen or
 * as soon as there is much to write, and never more than `perSecond` times in any second.
 */
export interface WritePaceOptions {
  /** Between two writes of little: a frame of a screen (16). */
  readonly gapMs: number;
  /** As often as a screen is drawn (60). */
  readonly perSecond: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class WritePace {
  /** Of the newest writes, oldest first. */
  private times: number[] = [];

  constructor(private readonly options: WritePaceOptions) {}

  /** Milliseconds until the next write; 0: now. */
  wait(isMuch: boolean): number {
    const { gapMs, perSecond, now } = this.options;
    const last = this.times.at(-1) ?? -Infinity;
    const oldest = this.times.length < perSecond ? -Infinity : (this.times[0] ?? -Infinity);
    const next = Math.max(isMuch ? -Infinity : last + gapMs, oldest + 1_000);
    return Math.max(0, next - now());
  }

  wrote(): void {
    this.times.push(this.options.now());
    if (this.times.length > this.options.perSecond) this.times.shift();
  }
}
