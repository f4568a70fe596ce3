/**
 * The end of a kernel's queue, made by who ends the kernel or finds it gone: what waits is withdrawn, what runs gets an
 * end, and whoever waits for one of these runs is told.
 */
import type { KernelId, RunView } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { HeldLeaseOptions } from './held-lease.js';
import { holdLease } from './held-lease.js';
import type { SessionLog } from './kernel-session-options.js';
import type { RunOutputs } from './run-outputs.js';
import type { QueuedRun, RunQueue, Settlement } from './run-queue.js';
import { QueueUnavailable } from './run-queue.js';
import type { Transcripts } from './transcripts.js';

export interface EndingQueueOptions {
  readonly queue: RunQueue;
  readonly lease: HeldLeaseOptions;
  readonly transcripts: Transcripts;
  readonly outputsOf: (run: QueuedRun) => Promise<RunOutputs>;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

/** Of an end that needs no place in a journal: nothing goes on after it. */
const NOWHERE = { journalId: '', seq: 0, reducerState: null };

export class EndingQueue {
  constructor(private readonly options: EndingQueueOptions) {}

  /** Withdraws what waits; answers which runs. */
  cancelAll(kernelId: KernelId, reason: string): Promise<readonly RunView[]> {
    return this.options.queue.cancel(kernelId, { by: 'all' }, this.now(), reason);
  }

  /** Ends what the queue says is running, if anything. */
  async endRunning(
    kernelId: KernelId,
    fence: number,
    { state, reason }: Pick<Settlement, 'state' | 'reason'>,
  ): Promise<RunView | null> {
    const { queue, outputsOf } = this.options;
    const run = await queue.running(kernelId);
    if (run === null) return null;
    const end = { state, reason, finishedAt: this.now(), executionCount: null };
    await (await outputsOf(run)).finish(run, end, {}, { ...NOWHERE, end });
    await queue.settle(kernelId, fence, run.view.runId, end);
    return { ...run.view, ...end };
  }

  /**
   * Ends the runs of a kernel that nobody has any more: what ran is lost, what waited is withdrawn. The queue stays, and
   * answers who asks for one of them again; so does its lease's fence, should the kernel come back one day.
   */
  async giveUp(kernelId: KernelId, reason: string): Promise<void> {
    const { lease, transcripts } = this.options;
    const held = await holdLease(lease, { kind: 'kernel', id: kernelId }, 0, () => undefined);
    try {
      const cancelled = await this.cancelAll(kernelId, reason);
      for (const run of cancelled) if (run.target.kind === 'transcript') await transcripts.withdrawn(run);
      await this.endLost(kernelId, held.fence, reason);
    } finally {
      await held.release();
    }
  }

  /** Lost, unless its end was stored already and only had to be settled. */
  private async endLost(kernelId: KernelId, fence: number, reason: string): Promise<void> {
    const { queue } = this.options;
    const run = await queue.running(kernelId);
    if (run === null) return;
    const lost = { state: 'lost', reason, finishedAt: this.now(), executionCount: null } as const;
    const stored = await this.storedEnd(run, lost);
    await queue.settle(kernelId, fence, run.view.runId, stored ?? lost);
  }

  /** Shows the end where the run's output is, unless that has one. A notebook that does not open must not keep the run. */
  private async storedEnd(run: QueuedRun, lost: Settlement): Promise<Settlement | null> {
    try {
      const outputs = await this.options.outputsOf(run);
      const end = (await outputs.resume(run))?.end ?? null;
      if (end === null) await outputs.finish(run, lost, {}, { ...NOWHERE, end: lost });
      return end;
    } catch (error) {
      if (error instanceof QueueUnavailable) throw error;
      const { runId } = run.view;
      this.options.log.warn({ runId, error: messageOf(error) }, 'the end of a lost run could not be shown');
      return null;
    }
  }

  private now(): string {
    return this.options.clock().toISOString();
  }
}
