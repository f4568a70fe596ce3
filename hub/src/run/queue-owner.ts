/**
 * The owner's steps on one kernel's queue, under its fence. When the queue's store is out of reach, a step that must
 * happen is tried again until it is back.
 */
import type { HeldReason, KernelId, RunId } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { SessionLog } from './kernel-session-options.js';
import type { QueuedRun, RunQueue, Settlement, TakeOutcome } from './run-queue.js';

export interface QueueOwnerOptions {
  readonly kernelId: KernelId;
  readonly queue: RunQueue;
  /** The store is back after a take that failed: there may be something to take, or to be heard of as taken. */
  readonly onBack: () => void;
  readonly log: SessionLog;
}

const RETRY_MS = 1_000;

export class QueueOwner {
  private retry: NodeJS.Timeout | null = null;
  private stopped = false;
  /** When a take was asked for that was not answered. */
  private unanswered: string | null = null;

  constructor(private readonly options: QueueOwnerOptions) {}

  /** The next run, marked as running; null when there is none or it could not be asked for. */
  async takeNext(fence: number, now: string): Promise<QueuedRun | null> {
    const { queue, kernelId } = this.options;
    // A take that was not answered may have happened: asked again as it was, it hands that run over.
    const startedAt = this.unanswered ?? now;
    try {
      const taken = await queue.takeNext(kernelId, fence, startedAt);
      this.unanswered = null;
      return this.runOf(taken);
    } catch (error) {
      this.unanswered = startedAt;
      this.lookAgainLater(error);
      return null;
    }
  }

  /**
   * A run that is lost holds the queue: nothing runs by itself after what nobody knows the end of. The hold comes first,
   * so that a hub that ends in between leaves no queue that goes on.
   */
  async settle(fence: number, runId: RunId, end: Settlement): Promise<void> {
    const { queue, kernelId } = this.options;
    if (end.state === 'lost') await this.hold('runLost');
    await this.persistently(() => queue.settle(kernelId, fence, runId, end));
  }

  /** The same, and the next run, marked as running since `now`; null when there is none. */
  async settleAndTakeNext(fence: number, runId: RunId, end: Settlement, now: string): Promise<QueuedRun | null> {
    const { queue, kernelId } = this.options;
    if (end.state === 'lost') await this.hold('runLost');
    const taken = await this.persistently(() => queue.settleAndTakeNext(kernelId, fence, runId, end, now));
    return taken === null ? null : this.runOf(taken);
  }

  async hold(reason: HeldReason): Promise<void> {
    await this.persistently(() => this.options.queue.hold(this.options.kernelId, reason));
  }

  /** Tries nothing again from now on. Can be called twice. */
  stop(): void {
    this.stopped = true;
    if (this.retry !== null) clearTimeout(this.retry);
  }

  private runOf(taken: TakeOutcome): QueuedRun | null {
    const { kernelId, log } = this.options;
    if (taken.outcome === 'stale') log.warn({ kernelId }, 'another hub owns this kernel');
    return taken.outcome === 'taken' ? taken.run : null;
  }

  /** Null: it was stopped before the step was answered. */
  private async persistently<T>(step: () => Promise<T>): Promise<T | null> {
    for (;;) {
      try {
        return await step();
      } catch (error) {
        const { log, kernelId } = this.options;
        log.warn({ error: messageOf(error), kernelId }, 'the queue is out of reach');
        if (this.stopped) return null;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private lookAgainLater(error: unknown): void {
    const { queue, kernelId, log, onBack } = this.options;
    log.warn({ error: messageOf(error), kernelId }, 'nothing could be taken from the queue');
    if (this.stopped) return;
    this.retry = setTimeout(() => {
      queue.snapshot(kernelId).then(onBack, (again: unknown) => this.lookAgainLater(again));
    }, RETRY_MS);
  }
}
