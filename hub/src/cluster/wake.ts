/** A rest that can be cut short. A call that comes while nobody rests ends the next rest at once. */
export class Wake {
  private wasCalled = false;
  private readonly resting = new Set<() => void>();

  now(): void {
    if (this.resting.size === 0) this.wasCalled = true;
    for (const wake of [...this.resting]) wake();
  }

  /** Resolves when it is called, or after so many milliseconds. */
  async within(milliseconds: number): Promise<void> {
    if (this.wasCalled) {
      this.wasCalled = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.resting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.resting.add(wake);
    });
  }
}
