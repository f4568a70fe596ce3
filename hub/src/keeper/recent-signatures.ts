/**
 * The signatures that one channel has seen lately: a signed message that comes a second time is not the kernel's word
 * but somebody's recording of it. Kernels judge us in the same way. Bounded: two generations, of which the older goes.
 * Pure.
 */
export class RecentSignatures {
  #newer = new Set<string>();
  #older = new Set<string>();

  /** `atLeast`: so many of the newest are known; at most twice as many are kept, of some 100 bytes each. */
  constructor(private readonly atLeast: number) {}

  /** False when it was seen lately; remembers it. */
  isNew(signature: Uint8Array): boolean {
    const text = Buffer.from(signature).toString('latin1');
    if (this.#newer.has(text) || this.#older.has(text)) return false;
    this.#newer.add(text);
    if (this.#newer.size >= this.atLeast) {
      this.#older = this.#newer;
      this.#newer = new Set();
    }
    return true;
  }
}
