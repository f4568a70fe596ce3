/**
 * The runs of one kernel whose output is still written: the one that runs, and the last that ended, since a thread may
 * print after its run's end (J7), also of runs that ended under an earlier owner.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { RunTimes } from '@cokernel/proto/notebook';
import type { JournalPlace } from './live-run.js';
import { LiveRun } from './live-run.js';
import type { SessionLog } from './kernel-session-options.js';
import { DEFAULT_BOUNDS } from './bound-context.js';
import { LateOutput } from './late-output.js';
import type { OutputStore } from './output-store.js';
import type { FlushMark, RunOutputs } from './run-outputs.js';
import type { QueuedRun, Settlement } from './run-queue.js';
import { WritePace } from './write-pace.js';

export interface LiveRunsOptions {
  /** Where the output of a run goes. */
  readonly outputsOf: (run: QueuedRun) => Promise<RunOutputs>;
  /** Where outputs go that are too large for their target. */
  readonly outputs: OutputStore;
  /** A run that ended under an earlier owner; null when nobody remembers it. */
  readonly endedRun: (runId: string) => Promise<QueuedRun | null>;
  readonly onWriteFailed: (runId: string, error: unknown) => void;
  readonly log: SessionLog;
}

/** Joins output for one frame of a screen, and never writes more often than a screen is drawn. */
const PACE = { gapMs: 16, perSecond: 60 };
const LATE_MS = 1_000;
/** Ended runs whose late output is still written. */
const LATE_RUNS = 64;

export class LiveRuns {
  private readonly runs = new Map<string, LiveRun>();

  private readonly late: LateOutput;
  private readonly pace = new WritePace({ ...PACE, now: () => performance.now() });

  constructor(private readonly options: LiveRunsOptions) {
    this.late = new LateOutput({
      endedRun: options.endedRun,
      resume: async (run) => (await this.resume(run)) !== null,
      accept: (runId, message, place) => this.runs.get(runId)?.accept(message, place),
      log: options.log,
    });
  }

  has(runId: string): boolean {
    return this.runs.has(runId);
  }

  /** Finds the run's target, so that its first output has one. Rejects when there is none. */
  async open(run: QueuedRun): Promise<void> {
    this.add(run, await this.options.outputsOf(run), null);
  }

  /** Shows that the run has begun. */
  async begin(run: QueuedRun): Promise<void> {
    await this.runs.get(run.view.runId)?.outputs.begin(run);
  }

  /** Goes on where an earlier owner was; null when nothing of the run was stored. */
  async resume(run: QueuedRun): Promise<FlushMark | null> {
    const outputs = await this.options.outputsOf(run);
    const progress = await outputs.resume(run);
    // Of a run that ended and of which nothing was stored there is nothing to go on with.
    if (progress !== null || run.view.finishedAt === null) this.add(run, outputs, progress);
    return progress;
  }

  /** Takes one output message in. */
  accept(runId: string, message: KernelMessage, place: JournalPlace): void {
    const live = this.runs.get(runId);
    if (live === undefined) this.late.take(runId, message, place);
    else live.accept(message, place);
  }

  /** What the kernel said up to `place` may be lost. */
  missed(runId: string, place: JournalPlace, notice: string): void {
    this.runs.get(runId)?.missed(place, notice);
  }

  /** The answer of a question; resolves when it is stored that it was given. */
  async answered(runId: string, promptId: string, echo: string): Promise<void> {
    await this.runs.get(runId)?.answered(promptId, echo);
  }

  /** Its answer went lost, as `notice` says; resolves when that is stored. */
  async unanswered(runId: string, notice: string): Promise<void> {
    await this.runs.get(runId)?.unanswered(notice);
  }

  wasAnswered(runId: string, promptId: string): boolean {
    return this.runs.get(runId)?.wasAnswered(promptId) ?? false;
  }

  /** Resolves when the output so far is stored. */
  async drained(runId: string): Promise<void> {
    await this.runs.get(runId)?.drained();
  }

  /** Resolves when all output so far, of whatever run, is stored, and nothing more is expected. */
  async allCompleted(): Promise<void> {
    await Promise.all([...this.runs.values()].map((live) => live.completed()));
  }

  /** Resolves when all output of the run and its end are stored, or could not be, which is told. */
  async end(run: QueuedRun, end: Settlement, times: RunTimes): Promise<void> {
    const { runId } = run.view;
    await this.runs
      .get(runId)
      ?.finish(end, times)
      .catch((error: unknown) => this.options.onWriteFailed(runId, error));
  }

  /** Writes nothing more by itself. Can be called twice. */
  stop(): void {
    for (const live of this.runs.values()) live.stop();
  }

  private add(run: QueuedRun, outputs: RunOutputs, resumed: FlushMark | null): void {
    const { runId } = run.view;
    const live = new LiveRun({
      run,
      outputs,
      store: this.options.outputs,
      bounds: DEFAULT_BOUNDS,
      resumed,
      pace: this.pace,
      lateMs: LATE_MS,
      now: () => performance.now(),
      onWriteFailed: (error) => this.options.onWriteFailed(runId, error),
    });
    live.start();
    this.runs.set(runId, live);
    for (const old of [...this.runs.keys()].slice(0, -LATE_RUNS)) this.forget(old);
  }

  private forget(runId: string): void {
    this.runs.get(runId)?.stop();
    this.runs.delete(runId);
  }
}
