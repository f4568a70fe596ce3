/**
 * One run's way from kernel messages to its target: reduces each message to edits, joins edits while the target is
 * busy, and writes. The first output after quiet is written at once; what follows within `coalesceMs` goes together.
 * Writes are in order; `drained()` resolves when all that was reduced is durable.
 *
 * Each write carries how far it goes (a place in the host's journal) and what is needed to go on from there, so that a
 * later owner takes each message exactly once: those up to that place are in what was stored.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { OutputEdit, RunTimes, WrittenBefore } from '@cokernel/proto/notebook';
import { z } from 'zod';
import { BoundState, DEFAULT_BOUNDS, UNBOUNDED_YET, boundEdit, lateEdits } from './bounded-output.js';
import type { Reduction } from './output-reducer.js';
import {
  ReducerState,
  emptyReducerState,
  mergeEdits,
  reduceOutput,
  writeNotice,
  writeStream,
} from './output-reducer.js';
import type { FlushMark, RunOutputs } from './run-outputs.js';
import type { QueuedRun, Settlement } from './run-queue.js';

/** A place in a host's journal. */
export interface JournalPlace {
  readonly journalId: string;
  readonly seq: number;
}

export interface LiveRunOptions {
  readonly run: QueuedRun;
  readonly outputs: RunOutputs;
  /** How far an earlier owner came; null for a run that begins here. */
  readonly resumed: FlushMark | null;
  /** How long output is joined after a write; a screen's frame is enough (16). */
  readonly coalesceMs: number;
  /** How long the newest lines of a very long output wait: people read no faster (1,000). */
  readonly lateMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A write that failed; the run goes on. */
  readonly onWriteFailed: (error: unknown) => void;
}

/** What is stored with each write. */
const Progress = z.object({
  output: ReducerState,
  bound: BoundState,
  /** The question that was answered last: it is not asked again. */
  answered: z.string().nullable(),
});
type Progress = Readonly<z.infer<typeof Progress>>;

const BEGINNING: Progress = { output: emptyReducerState, bound: UNBOUNDED_YET, answered: null };

/** What stored progress says of the outputs that are in the document. Throws on progress that can't be read. */
export function writtenBefore(reducerState: unknown): WrittenBefore {
  const { output, bound } = Progress.parse(reducerState);
  const streams = output.openStreams
    .filter(({ index }) => index < bound.shown)
    .map(({ name, index, text }) => ({ name, index, length: text.lineStart + text.line.length }));
  if (!bound.isCounted) return { appended: bound.shown, openStreams: streams };
  // The line that counts hidden outputs is the last one.
  const count = { name: 'stderr', index: bound.shown, length: 0 } as const;
  return { appended: bound.shown + 1, openStreams: [...streams, count] };
}

/** Edits that wait are joined no further than this, so that a flood stays in small transactions. */
const MOST_PENDING_EDITS = 2_000;

export class LiveRun {
  private progress: Progress;
  private place: JournalPlace;
  private pending: OutputEdit[] = [];
  private isLate = false;
  private lastWrite = -Infinity;
  private lastLate = -Infinity;
  private timer: NodeJS.Timeout | null = null;
  private lateTimer: NodeJS.Timeout | null = null;
  private written: Promise<void> = Promise.resolve();

  /** Throws on progress that can't be read. */
  constructor(private readonly options: LiveRunOptions) {
    const { resumed } = options;
    this.progress = resumed === null ? BEGINNING : Progress.parse(resumed.reducerState);
    this.place = resumed ?? { journalId: '', seq: 0 };
    this.isLate = this.progress.bound.beyond.length > 0 || this.progress.bound.hidden > 0;
  }

  get run(): QueuedRun {
    return this.options.run;
  }

  get outputs(): RunOutputs {
    return this.options.outputs;
  }

  /** True for a question that an earlier owner has passed the answer of. */
  wasAnswered(promptId: string): boolean {
    return this.progress.answered === promptId;
  }

  /** Takes one output message in, unless it is in what was stored already. */
  accept(message: KernelMessage, place: JournalPlace): void {
    if (this.contains(place)) return;
    this.place = place;
    this.take(reduceOutput(this.progress.output, message));
  }

  /** What the kernel said up to `place` may be lost: the output says so, unless it was stored before. */
  missed(place: JournalPlace, notice: string): void {
    if (this.contains(place)) return;
    this.place = place;
    this.take(writeNotice(this.progress.output, notice));
  }

  /** A question was answered: what was asked and said stays in the output. */
  async answered(promptId: string, echo: string): Promise<void> {
    this.progress = { ...this.progress, answered: promptId };
    this.take(writeStream(this.progress.output, 'stdout', echo));
    await this.drained();
  }

  /** Writes what waits and resolves when everything so far is durable. */
  async drained(): Promise<void> {
    this.writeLate();
    this.flush();
    await this.written;
  }

  /** After all output: shows the end. */
  async finish(end: Settlement, times: RunTimes): Promise<void> {
    await this.drained();
    await this.outputs.finish(this.run, end, times, this.mark(end));
  }

  /** Writes nothing more by itself: what was not written yet is in the host's journal. Can be called twice. */
  stop(): void {
    for (const timer of [this.timer, this.lateTimer]) if (timer !== null) clearTimeout(timer);
  }

  private contains({ journalId, seq }: JournalPlace): boolean {
    return journalId === this.place.journalId && seq <= this.place.seq;
  }

  private take({ state: output, edits }: Reduction): void {
    let { bound } = this.progress;
    for (const edit of edits) {
      const bounded = boundEdit(bound, edit, DEFAULT_BOUNDS);
      bound = bounded.state;
      this.pending.push(...bounded.edits);
      this.isLate ||= bounded.isLate;
    }
    this.progress = { ...this.progress, output, bound };
    if (this.isLate) this.scheduleLate();
    if (this.pending.length > 0) this.schedule();
  }

  private schedule(): void {
    const sinceLast = this.options.now() - this.lastWrite;
    if (sinceLast >= this.options.coalesceMs || this.pending.length >= MOST_PENDING_EDITS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.options.coalesceMs - sinceLast);
  }

  private scheduleLate(): void {
    const wait = Math.max(0, this.options.lateMs - (this.options.now() - this.lastLate));
    this.lateTimer ??= setTimeout(() => {
      this.writeLate();
      this.flush();
    }, wait);
  }

  private writeLate(): void {
    if (this.lateTimer !== null) clearTimeout(this.lateTimer);
    this.lateTimer = null;
    if (!this.isLate) return;
    this.isLate = false;
    this.lastLate = this.options.now();
    const late = lateEdits(this.progress.bound, DEFAULT_BOUNDS);
    this.progress = { ...this.progress, bound: late.state };
    this.pending.push(...late.edits);
  }

  private flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.pending.length === 0) return;
    const edits = mergeEdits(this.pending);
    this.pending = [];
    this.lastWrite = this.options.now();
    const write = this.outputs.write(this.run, edits, this.mark(null)).catch(this.options.onWriteFailed);
    this.written = Promise.all([this.written, write]).then(() => undefined);
  }

  private mark(end: Settlement | null): FlushMark {
    return { ...this.place, reducerState: this.progress, end };
  }
}
