/**
 * What one remote kernel says, numbered for this hub: a seq that only grows, for as long as this process lives. A
 * remote engine keeps no journal, so what is not heard is lost: it takes one number, and everybody is told the gap.
 */
import { randomUUID } from 'node:crypto';
import type { AttachOptions, KernelHostEvent } from './kernel-host.js';
import type { Log } from './log.js';

export type GatewayListener = (event: KernelHostEvent) => void;

const NO_JOURNAL = 'a remote engine keeps nothing of what was said before';

export class GatewayFeed {
  readonly journalId = randomUUID();
  /** With whether each wants to know what the kernel uses. */
  readonly #listeners = new Map<GatewayListener, () => boolean>();
  #lastSeq = 0;

  constructor(private readonly log: Log) {}

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  get wantsUsage(): boolean {
    return [...this.#listeners.values()].some((wantsUsage) => wantsUsage());
  }

  /** Tells a listener that comes from before now what it can't have. */
  add(listener: GatewayListener, { fromSeq, wantsUsage = () => true }: AttachOptions): void {
    this.#listeners.set(listener, wantsUsage);
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
    for (const listener of [...this.#listeners.keys()]) this.#tellOne(listener, event);
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
