/** Numbers by name, as two parties count the same things. Pure. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  addAll(whose: string, counts: Readonly<Record<string, number>>): void {
    for (const [reason, count] of Object.entries(counts)) this.add(`${whose} ${reason}`, count);
  }

  get byReason(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
