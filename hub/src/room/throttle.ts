/**
 * Says news that come in bursts: the first at once, what follows within `waitMs` once, as it is then. A run that is over
 * in some milliseconds is told by its beginning and its end, and its output does not wait behind its states.
 */
export class Throttle {
  private timer: NodeJS.Timeout | null = null;
  private due = false;

  /** `waitMs`: a frame of a screen (16). `say` says what is new by then. */
  constructor(
    private readonly waitMs: number,
    private readonly say: () => void,
  ) {}

  /** There is something new. */
  ask(): void {
    this.due = true;
    if (this.timer === null) this.sayNow();
  }

  /** Says what is due before something else is said. */
  sayNow(): void {
    if (!this.due) return;
    this.due = false;
    this.stop();
    this.timer = setTimeout(() => {
      this.timer = null;
      this.sayNow();
    }, this.waitMs);
    this.say();
  }

  /** Says nothing more by itself. Can be called twice. */
  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
