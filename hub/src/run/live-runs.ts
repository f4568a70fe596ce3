/**
 * The runs of one kernel whose output is still written: the one that runs, and the last that ended, since a thread may
 * print after its run's end (J7).
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { RunTimes } from '@cokernel/proto/notebook';
import { LiveRun } from './live-run.js';
import type { RunOutputs } from './run-outputs.js';
import type { QueuedRun, Settlement } from './run-queue.js';

export interface LiveRunsOptions {
  /** Where the output of a run goes. */
  readonly outputsOf: (run: QueuedRun) => Promise<RunOutputs>;
  readonly onWriteFailed: (runId: string, error: unknown) => void;
}

/** Joins output for one frame of a screen. */
const COALESCE_MS = 16;
/** Ended runs whose late output is still written. */
const LATE_RUNS = 64;

export class LiveRuns {
  private readonly runs = new Map<string, LiveRun>();

  constructor(private readonly options: LiveRunsOptions) {}

  has(runId: string): boolean {
    return this.runs.has(runId);
  }

  /** Finds the run's target, so that its first output has one. Rejects when there is none. */
  async open(run: QueuedRun): Promise<void> {
    const { runId } = run.view;
    const live = new LiveRun({
      run,
      outputs: await this.options.outputsOf(run),
      coalesceMs: COALESCE_MS,
      now: () => performance.now(),
      onWriteFailed: (error) => this.options.onWriteFailed(runId, error),
    });
    this.runs.set(runId, live);
    for (const old of [...this.runs.keys()].slice(0, -LATE_RUNS)) this.runs.delete(old);
  }

  /** Clears the target and shows it as running. */
  async begin(run: QueuedRun): Promise<void> {
    await this.runs.get(run.view.runId)?.outputs.begin(run);
  }

  /** Takes one output message in; one of a run that is not known is dropped. */
  accept(runId: string, message: KernelMessage, seq: number): void {
    this.runs.get(runId)?.accept(message, seq);
  }

  /** Resolves when the output so far is stored. */
  async drained(runId: string): Promise<void> {
    await this.runs.get(runId)?.drained();
  }

  /** Resolves when all output so far, of whatever run, is stored. */
  async allDrained(): Promise<void> {
    await Promise.all([...this.runs.values()].map((live) => live.drained()));
  }

  /** Resolves when all output of the run and its end are stored, or could not be, which is told. */
  async end(run: QueuedRun, end: Settlement, times: RunTimes): Promise<void> {
    const live = this.runs.get(run.view.runId);
    await live?.drained();
    await live?.outputs.finish(run, end, times).catch((error: unknown) => {
      this.options.onWriteFailed(run.view.runId, error);
    });
  }
}
