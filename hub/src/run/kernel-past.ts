/**
 * What a hub that takes a kernel over hears of its past: told again from the host's journal, so that a run which goes on can
 * be gone on with. An earlier hub has passed most of it on to the clients of the kernel's channels. Which part, is seen from
 * what that hub stored, as it passed nothing on much earlier than it was stored.
 */
import { isHistory } from './kernel-phases.js';
import type { KernelSessionState } from './kernel-session-model.js';

export interface KernelPastOptions {
  readonly state: () => KernelSessionState;
  /** The seq of what is heard just now. */
  readonly seq: () => number;
}

export class KernelPast {
  private isUntold = false;
  private storedUpTo = 0;

  constructor(private readonly options: KernelPastOptions) {}

  /** Whether some of it is still to be told. */
  get isTold(): boolean {
    return !this.isUntold;
  }

  /** The kernel is taken over. */
  begin(): void {
    this.isUntold = true;
  }

  /** With a run of whose output the earlier hub has stored what came up to this seq. */
  withRun(storedUpTo: number): void {
    this.storedUpTo = storedUpTo;
  }

  /** All that comes now is news. */
  end(): void {
    this.isUntold = false;
  }

  /** Whether an earlier hub has passed on what is heard just now. */
  get wasPassedOn(): boolean {
    return this.isUntold && (isHistory(this.options.state()) || this.options.seq() <= this.storedUpTo);
  }
}
