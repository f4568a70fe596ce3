/**
 * One run's way from kernel messages to its target: reduces each message to edits, joins edits while the target is
 * busy, and writes. The first output after quiet is written at once; what follows within `coalesceMs` goes together.
 * Writes are in order; `drained()` resolves when all that was reduced is durable.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { OutputEdit } from '@cokernel/proto/notebook';
import type { ReducerState } from './output-reducer.js';
import { emptyReducerState, mergeEdits, reduceOutput } from './output-reducer.js';
import type { RunOutputs } from './run-outputs.js';
import type { QueuedRun } from './run-queue.js';

export interface LiveRunOptions {
  readonly run: QueuedRun;
  readonly outputs: RunOutputs;
  /** How long output is joined after a write; a screen's frame is enough (16). */
  readonly coalesceMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A write that failed; the run goes on. */
  readonly onWriteFailed: (error: unknown) => void;
}

/** Edits that wait are joined no further than this, so that a flood stays in small transactions. */
const MOST_PENDING_EDITS = 2_000;

export class LiveRun {
  private reducer: ReducerState = emptyReducerState;
  private pending: OutputEdit[] = [];
  private seq = 0;
  private lastWrite = -Infinity;
  private timer: NodeJS.Timeout | null = null;
  private written: Promise<void> = Promise.resolve();

  constructor(private readonly options: LiveRunOptions) {}

  get run(): QueuedRun {
    return this.options.run;
  }

  get outputs(): RunOutputs {
    return this.options.outputs;
  }

  /** Takes one output message in. */
  accept(message: KernelMessage, seq: number): void {
    const { state, edits } = reduceOutput(this.reducer, message);
    this.reducer = state;
    this.seq = seq;
    if (edits.length === 0) return;
    this.pending.push(...edits);
    const sinceLast = this.options.now() - this.lastWrite;
    if (sinceLast >= this.options.coalesceMs || this.pending.length >= MOST_PENDING_EDITS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.options.coalesceMs - sinceLast);
  }

  /** Writes what waits and resolves when everything so far is durable. */
  async drained(): Promise<void> {
    this.flush();
    await this.written;
  }

  private flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.pending.length === 0) return;
    const edits = mergeEdits(this.pending);
    this.pending = [];
    this.lastWrite = this.options.now();
    const mark = { seq: this.seq, reducerState: this.reducer };
    const write = this.options.outputs.write(this.options.run, edits, mark).catch(this.options.onWriteFailed);
    this.written = Promise.all([this.written, write]).then(() => undefined);
  }
}
