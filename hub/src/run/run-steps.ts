/**
 * A kernel session's steps with a run, on the queue, its target and the kernel: taking, sending, settling. A session that
 * was left to the next owner ends no run any more, neither in the queue nor in what it prints into: the next owner goes on
 * with what it took, sent or not, and would take an end that stands there for the true one.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { kernelInfoRequest } from '@cokernel/proto/jupyter';
import { RunId } from '@cokernel/proto/hub';
import type { RunTimes } from '@cokernel/proto/notebook';
import { messageOf } from '../errors.js';
import { KernelHostError } from '../kernel/kernel-host.js';
import type { SessionEvent } from './kernel-session-model.js';
import { asHub } from './hub-request.js';
import type { JournalPlace } from './live-run.js';
import type { LiveRuns } from './live-runs.js';
import type { QueueOwner } from './queue-owner.js';
import { requestOf } from './run-request.js';
import type { QueuedRun, Settlement } from './run-queue.js';

export interface RunStepsOptions {
  readonly owner: Pick<QueueOwner, 'takeNext' | 'settle' | 'settleAndTakeNext'>;
  readonly liveRuns: Pick<LiveRuns, 'open' | 'begin' | 'resume' | 'missed' | 'end'>;
  /** Of the kernel's lease, as it is now. */
  readonly fence: () => number;
  readonly send: (message: KernelMessage) => Promise<void>;
  readonly sender: () => Sender;
  readonly now: () => string;
  /** The kernel can have a run that is taken now. */
  readonly mayTake: () => boolean;
  /** The answer to this question tells `kernelPassed`. */
  readonly expectAnswer: (msgId: string, runId: RunId) => void;
  /** Told what came of a step. */
  readonly handle: (event: SessionEvent) => void;
}

/** Between a run's idle and its reply. */
const REPLY_GRACE_MS = 5_000;

export class RunSteps {
  private isLeft = false;

  constructor(private readonly options: RunStepsOptions) {}

  /** Ends nothing from now on. Can be called twice. */
  leave(): void {
    this.isLeft = true;
  }

  async takeNext(): Promise<void> {
    const { owner, fence, now } = this.options;
    await this.taken(await owner.takeNext(fence(), now()));
  }

  async begin(run: QueuedRun): Promise<void> {
    const { liveRuns, sender } = this.options;
    const begun = liveRuns.begin(run);
    await Promise.all([begun, this.send(requestOf(run, sender()))]);
  }

  /** Goes on with the run that an earlier owner took; answers up to which seq that one stored its output. */
  async resume(run: QueuedRun, journalId: string): Promise<number> {
    const { liveRuns, handle, now } = this.options;
    handle({ type: 'runResumed', run });
    try {
      const progress = await liveRuns.resume(run);
      if (progress === null) await liveRuns.begin(run);
      else if (progress.end !== null) handle({ type: 'runHadEnded', end: progress.end });
      else if (progress.journalId !== journalId) handle({ type: 'runGivenUp', reason: JOURNAL_LOST, at: now() });
      return progress?.journalId === journalId ? progress.seq : 0;
    } catch (error) {
      const reason = `its output could not be gone on with: ${messageOf(error)}`;
      handle({ type: 'runGivenUp', reason, at: now() });
      return 0;
    }
  }

  async settle(run: QueuedRun, end: Settlement, times: RunTimes): Promise<void> {
    if (this.isLeft) return;
    const { owner, liveRuns, fence, now, mayTake } = this.options;
    await liveRuns.end(run, end, times);
    if (!mayTake() || this.isLeft) return this.settleStored(run, end);
    await this.taken(await owner.settleAndTakeNext(fence(), run.view.runId, end, now()));
  }

  async settleStored(run: QueuedRun, end: Settlement): Promise<void> {
    if (this.isLeft) return;
    const { owner, fence, handle } = this.options;
    await owner.settle(fence(), run.view.runId, end);
    handle({ type: 'runSettled' });
  }

  /** The kernel was idle again: its reply comes as a rule together with that. */
  expectReply(runId: RunId): void {
    setTimeout(() => this.options.handle({ type: 'replyMissed', runId }), REPLY_GRACE_MS).unref();
  }

  /** What the kernel said up to `place` may be lost. */
  tellLoss(runId: RunId, place: JournalPlace, reason: string): void {
    this.options.liveRuns.missed(runId, place, `⋯ output may be missing here: ${reason} ⋯\n`);
  }

  /** The kernel answers this when it has done with the run. */
  async askWhetherPassed(runId: RunId): Promise<void> {
    const { sender, send, expectAnswer } = this.options;
    const question = kernelInfoRequest(asHub(sender()));
    expectAnswer(question.header.msg_id, runId);
    await send(question).catch((error: unknown) => {
      // It is asked again when the way is there.
      if (!(error instanceof KernelHostError && error.code === 'unreachable')) throw error;
    });
  }

  private async taken(run: QueuedRun | null): Promise<void> {
    const { liveRuns, now, handle } = this.options;
    if (run === null) return handle({ type: 'nothingTaken' });
    try {
      await liveRuns.open(run);
    } catch (error) {
      const reason = `its notebook could not be opened: ${messageOf(error)}`;
      return handle({ type: 'targetMissing', run, reason, at: now() });
    }
    handle({ type: 'runTaken', run });
  }

  /**
   * A host that is out of reach may have it all the same: `hostFound` says. One that refuses it as sent before has it. One
   * that serves another owner by now leaves it to that one.
   */
  private async send(request: KernelMessage): Promise<void> {
    const { send, handle, now } = this.options;
    const runId = RunId.parse(request.header.msg_id);
    try {
      await send(request);
      handle({ type: 'requestTraced', runId });
    } catch (error) {
      const code = error instanceof KernelHostError ? error.code : null;
      if (this.isLeft || code === 'unreachable' || code === 'staleFence') return;
      if (code === 'alreadySent') return handle({ type: 'requestTraced', runId });
      const reason = `it did not reach the kernel: ${messageOf(error)}`;
      handle({ type: 'requestNotSent', runId, reason, at: now() });
    }
  }
}

/** What is said of a run when what the kernel said of it can't be heard again. */
export const JOURNAL_LOST = 'what the kernel said meanwhile was lost';
