/**
 * StepLine: lets the steps on one key pass one after the other, while those on other keys go their own way. A step
 * that fails is its caller's affair and doesn't stop the next.
 */
export class StepLine {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `step` when all earlier steps of the key have ended, and gives its outcome. */
  async pass<T>(key: string, step: () => Promise<T> | T): Promise<T> {
    const before = this.#last.get(key);
    const mine = before === undefined ? Promise.resolve().then(step) : before.then(step, step);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }

  /** Resolves when nothing is under way on any key. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.allSettled(this.#last.values());
  }
}
