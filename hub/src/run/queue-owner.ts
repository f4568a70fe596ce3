/**
 * The owner's steps on one kernel's queue, under its fence. When the queue's store is out of reach, a step that must
 * happen is tried again until it is back.
 */
import type { HeldReason, KernelId, RunId } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { SessionLog } from './kernel-session-options.js';
import type { QueuedRun, QueueSnapshot, RunQueue, Settlement } from './run-queue.js';

export interface QueueOwnerOptions {
  readonly kernelId: KernelId;
  readonly queue: RunQueue;
  /** The store is back after a take that failed: there may be something to take. */
  readonly onBack: (snapshot: QueueSnapshot) => void;
  readonly log: SessionLog;
}

const RETRY_MS = 1_000;

export class QueueOwner {
  private retry: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(private readonly options: QueueOwnerOptions) {}

  /** The next run, marked as running; null when there is none or it could not be asked for. */
  async takeNext(fence: number, startedAt: string): Promise<QueuedRun | null> {
    const { queue, kernelId, log } = this.options;
    try {
      const taken = await queue.takeNext(kernelId, fence, startedAt);
      if (taken.outcome === 'stale') log.warn({ kernelId }, 'another hub owns this kernel');
      return taken.outcome === 'taken' ? taken.run : null;
    } catch (error) {
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

  async hold(reason: HeldReason): Promise<void> {
    await this.persistently(() => this.options.queue.hold(this.options.kernelId, reason));
  }

  /** Tries nothing again from now on. Can be called twice. */
  stop(): void {
    this.stopped = true;
    if (this.retry !== null) clearTimeout(this.retry);
  }

  private async persistently(step: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await step();
        return;
      } catch (error) {
        const { log, kernelId } = this.options;
        log.warn({ error: messageOf(error), kernelId }, 'the queue is out of reach');
        if (this.stopped) return;
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
