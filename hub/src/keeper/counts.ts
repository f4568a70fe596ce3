/**
 * Counts what is dropped by its reason, so that nothing is dropped unseen. Each counts; not each is worth a line in the
 * log, or whoever sends rubbish fills the disk with it.
 * Pure.
 */
const LOGGED_EACH = 3;

export class Counts {
  readonly #byReason = new Map<string, number>();

  /** True when it is to be logged: the first few for this reason, then the 4th, 8th, 16th and so on. */
  add(reason: string): boolean {
    const count = (this.#byReason.get(reason) ?? 0) + 1;
    this.#byReason.set(reason, count);
    return count <= LOGGED_EACH || Number.isInteger(Math.log2(count));
  }

  get byReason(): Record<string, number> {
    return Object.fromEntries(this.#byReason);
  }
}
