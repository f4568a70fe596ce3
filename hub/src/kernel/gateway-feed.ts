/**
 * What one remote kernel says, numbered for this hub: a seq that only grows, for as long as this process lives. A
 * remote engine keeps no journal, so what is not heard is lost: it takes one number, and everybody is told the gap.
 */
import { randomUUID } from 'node:crypto';
import type { KernelHostEvent } from './kernel-host.js';
import type { Log } from './log.js';

export type GatewayListener = (event: KernelHostEvent) => void;

const NO_JOURNAL = 'a remote engine keeps nothing of what was said before';

export class GatewayFeed {
  readonly journalId = randomUUID();
  readonly #listeners = new Set<GatewayListener>();
  #lastSeq = 0;

  constructor(private readonly log: Log) {}

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells a listener that comes from before now what it can't have. */
  add(listener: GatewayListener, fromSeq: number): void {
    this.#listeners.add(listener);
    if (fromSeq >= this.#lastSeq) return;
    this.#tellOne(listener, { type: 'gap', fromSeq, toSeq: this.#lastSeq + 1, reason: NO_JOURNAL });
  }

  remove(listener: GatewayListener): void {
    this.#listeners.delete(listener);
  }

  removeAll(): void {
    this.#listeners.clear();
  }

  /** An event at the next place. */
  say(make: (seq: number) => KernelHostEvent): void {
    this.#lastSeq += 1;
    this.tell(make(this.#lastSeq));
  }

  /** An event of the moment, without a place. */
  tell(event: KernelHostEvent): void {
    for (const listener of [...this.#listeners]) this.#tellOne(listener, event);
  }

  /** Nobody listened to the kernel for a while. */
  lose(reason: string): void {
    const fromSeq = this.#lastSeq;
    this.#lastSeq += 1;
    this.tell({ type: 'gap', fromSeq, toSeq: this.#lastSeq + 1, reason });
  }

  /** A listener that throws must not end the stream for the others. */
  #tellOne(listener: GatewayListener, event: KernelHostEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.log('error', 'a listener failed', { event: event.type, reason: String(error) });
    }
  }
}
