/**
 * Autosave of one notebook: a while after the last change, and not later than a while after the first, but with a pause
 * before it that is long beside the last save: saving must not become what the hub does. One save at a time; a change during a save is saved by the next. A failed save is told, and tried again with the next change or
 * after `retryMs`.
 */
import type { SavingView } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import { LeaseEnded } from '../right.js';

export interface SavingOptions {
  /** Writes the file; resolves when it is on disk. */
  readonly write: () => Promise<void>;
  readonly onChanged: (saving: SavingView) => void;
  readonly clock: () => Date;
  /** After the last change: 1,000. */
  readonly quietMs: number;
  /** After the first change that is not saved: 10,000. */
  readonly latestMs: number;
  /** After a failure: 5,000. */
  readonly retryMs: number;
}

/** Beside the time that the last save took. */
const PAUSE_FACTOR = 10;

export class Saving {
  private current: SavingView = { state: 'saved', at: null };
  private dirty = false;
  private firstChange: number | null = null;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;
  private tookMs = 0;

  constructor(private readonly options: SavingOptions) {}

  get view(): SavingView {
    return this.current;
  }

  /** The document is not what the file holds any more. */
  changed(): void {
    this.dirty = true;
    if (this.stopped) return;
    const now = performance.now();
    this.firstChange ??= now;
    if (this.current.state === 'saved') this.show({ state: 'unsaved' });
    const latest = this.firstChange + this.options.latestMs - now;
    const wait = Math.min(this.options.quietMs, Math.max(0, latest));
    this.schedule(Math.max(wait, PAUSE_FACTOR * this.tookMs));
  }

  /** Saves now; resolves when what stood there at the call is on disk. Rejects with the reason. */
  async now(): Promise<Date> {
    while (this.running !== null) await this.running.catch(() => undefined);
    this.clearTimer();
    this.running = this.save();
    await this.running;
    return this.options.clock();
  }

  /** The last save, when one is due; then none any more. Can be called twice. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.clearTimer();
    while (this.running !== null) await this.running.catch(() => undefined);
    if (this.dirty) await this.now().catch(unlessAnotherDoes);
  }

  private async save(): Promise<void> {
    this.dirty = false;
    this.firstChange = null;
    this.show({ state: 'saving' });
    const began = performance.now();
    try {
      await this.options.write();
      this.show(this.dirty ? { state: 'unsaved' } : { state: 'saved', at: this.options.clock().toISOString() });
    } catch (error) {
      this.dirty = true;
      this.show({ state: 'failed', reason: messageOf(error) });
      if (!this.stopped && !(error instanceof LeaseEnded)) this.schedule(this.options.retryMs);
      throw error;
    } finally {
      this.tookMs = performance.now() - began;
      this.running = null;
    }
  }

  private schedule(ms: number): void {
    this.clearTimer();
    this.timer = setTimeout(() => {
      // The failure is shown to everybody in the room by `show`.
      this.now().catch(() => undefined);
    }, ms);
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private show(saving: SavingView): void {
    this.current = saving;
    this.options.onChanged(saving);
  }
}

/** The hub that serves the notebook now finds in its log what is to be saved. */
function unlessAnotherDoes(error: unknown): void {
  if (!(error instanceof LeaseEnded)) throw error;
}
