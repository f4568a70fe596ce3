/**
 * What has left a relaying hub for each of its clients, as the leading hub is told it: at once where much has left, since
 * somebody may wait for room, and the rest of all clients together a moment later.
 */
import type { Credit } from './link-frames.js';

/** A small part of what may wait for one client (1 MiB on a kernel's channels). */
const AT_ONCE_BYTES = 64 * 1024;
/** Nobody sees this but who reads the hub's figures. */
const REST_MS = 25;

export class Credits {
  readonly #owed = new Map<number, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly tell: (credits: readonly Credit[]) => void) {}

  add(id: number, bytes: number): void {
    const owed = (this.#owed.get(id) ?? 0) + bytes;
    this.#owed.set(id, owed);
    if (owed >= AT_ONCE_BYTES) this.#tellOne({ id, bytes: owed });
    else this.#timer ??= setTimeout(() => this.#tellRest(), REST_MS);
  }

  /** The client has left. */
  forget(id: number): void {
    this.#owed.delete(id);
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#owed.clear();
  }

  #tellOne(credit: Credit): void {
    this.#owed.delete(credit.id);
    this.tell([credit]);
  }

  #tellRest(): void {
    this.#timer = null;
    const credits = [...this.#owed].map(([id, bytes]) => ({ id, bytes }));
    this.#owed.clear();
    if (credits.length > 0) this.tell(credits);
  }
}
