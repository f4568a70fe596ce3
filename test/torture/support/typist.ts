/** Somebody who types numbered words into a cell all the time, connected or not, and knows what she typed. */
import type { Visitor } from './visitor.js';

export class Typist {
  private words = 0;
  private timer: NodeJS.Timeout | null = null;
  /** Typing into a document that lost its cell is no fault of the typist; the round compares what is there. */
  private fault: Error | null = null;

  constructor(
    private readonly visitor: Visitor,
    private readonly cellId: string,
    private readonly everyMs: number,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => this.type(), this.everyMs);
  }

  /** Throws what went wrong meanwhile. Can be called twice. */
  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    if (this.fault !== null) throw this.fault;
  }

  /** All that was typed so far. */
  get typed(): string {
    return Array.from({ length: this.words }, (_, n) => word(n)).join('');
  }

  private type(): void {
    try {
      this.visitor.append(this.cellId, word(this.words));
      this.words += 1;
    } catch (error) {
      this.fault ??= error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** Ten words a line, as a person would break them. */
function word(n: number): string {
  return `w${n}${n % 10 === 9 ? '\n' : ' '}`;
}
