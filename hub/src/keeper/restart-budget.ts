/**
 * How often a kernel that dies by itself is started again (J12): at most `maxInARow` times, counted anew after a
 * start that held for `stableMs`. Pure: the clock is passed in.
 */
export interface RestartBudgetOptions {
  /** Enough to outlive a passing cause, few enough that a kernel that can't live is given up within a minute. */
  readonly maxInARow: number;
  readonly stableMs: number;
}

export class RestartBudget {
  #inARow = 0;
  #readyAt: number | null = null;

  constructor(private readonly options: RestartBudgetOptions) {}

  ready(now: number): void {
    this.#readyAt = now;
  }

  /** Whether a kernel that died now may be started again; counts the restart when it may. */
  spend(now: number): boolean {
    if (this.#readyAt !== null && now - this.#readyAt >= this.options.stableMs) this.#inARow = 0;
    this.#readyAt = null;
    if (this.#inARow >= this.options.maxInARow) return false;
    this.#inARow += 1;
    return true;
  }
}
