/** Counts what happens by its reason, so that nothing is dropped unseen. Pure. */
export class Counts {
  readonly #byReason = new Map<string, number>();

  add(reason: string): void {
    this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + 1);
  }

  get byReason(): Record<string, number> {
    return Object.fromEntries(this.#byReason);
  }
}
