/**
 * One run's way from kernel messages to its target: reduces each message to edits, takes out of them what is too large,
 * joins them, and writes. The first output after quiet is written at once; what follows goes together, at the kernel's
 * pace. Writes are in order, and each waits until what it names in the output store is durable; `drained()` resolves
 * when all that was reduced is.
 *
 * Each write carries how far it goes (a place in the host's journal) and what is needed to go on from there, so that a
 * later owner takes each message exactly once: those up to that place are in what was stored.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { OutputEdit, RunTimes } from '@cokernel/proto/notebook';
import type { BoundContext, Bounded, FinishText, OutputBounds, TextStep } from './bound-context.js';
import {
  boundReduction,
  endOutput,
  hashNamed,
  isComplete,
  isLate,
  lateOutput,
  unfinishedTexts,
} from './bounded-output.js';
import type { Reduction } from './output-reducer.js';
import { mergeEdits, reduceOutput, writeNotice, writeStream } from './output-reducer.js';
import type { OutputStore } from './output-store.js';
import type { FlushMark, RunOutputs } from './run-outputs.js';
import type { RunProgress } from './run-progress.js';
import { BEGINNING, progressOf, reducerStateOf } from './run-progress.js';
import type { QueuedRun, Settlement } from './run-queue.js';
import { RunStore } from './run-store.js';
import { storedNames } from './stored-names.js';
import type { WritePace } from './write-pace.js';

/** A place in a host's journal. */
export interface JournalPlace {
  readonly journalId: string;
  readonly seq: number;
}

export interface LiveRunOptions {
  readonly run: QueuedRun;
  readonly outputs: RunOutputs;
  /** Where that goes which is too large for the target. */
  readonly store: OutputStore;
  readonly bounds: OutputBounds;
  /** How far an earlier owner came; null for a run that begins here. */
  readonly resumed: FlushMark | null;
  /** Of all runs of the kernel. */
  readonly pace: WritePace;
  /** How long the newest lines of a very long output wait: people read no faster (1,000). */
  readonly lateMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A write that failed; the run goes on. */
  readonly onWriteFailed: (error: unknown) => void;
}

/** Edits that wait are joined at least so often. */
const MOST_PENDING_EDITS = 2_000;
/** So many characters are worth a write before its time. */
const MUCH = 64 * 1024;

export class LiveRun {
  private progress: RunProgress;
  private place: JournalPlace;
  private readonly context: BoundContext;
  private readonly store: RunStore;
  private pending: OutputEdit[] = [];
  private pendingLength = 0;
  private joinAt = MOST_PENDING_EDITS;
  /** A flush whose record waits for what it names; what comes meanwhile goes with the next. */
  private securing: Promise<void> | null = null;
  /** Texts that become complete, by number. */
  private readonly finishing = new Map<number, Promise<void>>();
  /** How often all outputs were cleared: what was to be named before names nothing any more. */
  private clears = 0;
  private lastLate = -Infinity;
  private timer: NodeJS.Timeout | null = null;
  private lateTimer: NodeJS.Timeout | null = null;
  private written: Promise<void> = Promise.resolve();
  private isStopped = false;

  /** Throws on progress that can't be read. */
  constructor(private readonly options: LiveRunOptions) {
    const { run, bounds, store, resumed, outputs } = options;
    const names = storedNames(run);
    this.context = { bounds, names };
    this.store = new RunStore(store, names);
    this.progress =
      resumed === null ? BEGINNING : progressOf(resumed.reducerState, (index) => outputs.textOf(run, index));
    this.place = resumed ?? { journalId: '', seq: 0 };
  }

  get run(): QueuedRun {
    return this.options.run;
  }

  get outputs(): RunOutputs {
    return this.options.outputs;
  }

  /** Completes what an earlier owner left incomplete. */
  start(): void {
    this.perform(unfinishedTexts(this.progress.bound));
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

  /** The answer that was given last did not reach the kernel. */
  async unanswered(notice: string): Promise<void> {
    this.progress = { ...this.progress, answered: null };
    this.take(writeNotice(this.progress.output, notice));
    await this.drained();
  }

  /** Writes what waits and resolves when everything so far is durable. */
  async drained(): Promise<void> {
    this.writeLate();
    if (this.securing !== null) await this.securing;
    this.flush();
    await this.written;
  }

  /** As drained, and what lies outside the document is complete: nothing more is expected. */
  async completed(): Promise<void> {
    await this.drained();
    this.adopt(endOutput(this.progress.bound, this.context));
    if (this.finishing.size === 0 && this.pending.length === 0) return;
    await Promise.all(this.finishing.values());
    await this.drained();
  }

  /** After all output: shows the end. */
  async finish(end: Settlement, times: RunTimes): Promise<void> {
    await this.completed();
    await this.outputs.finish(this.run, end, times, this.mark(end));
  }

  /** Writes nothing more by itself: what was not written yet is in the host's journal. Can be called twice. */
  stop(): void {
    this.isStopped = true;
    for (const timer of [this.timer, this.lateTimer]) if (timer !== null) clearTimeout(timer);
    this.store.close().catch(this.options.onWriteFailed);
  }

  private contains({ journalId, seq }: JournalPlace): boolean {
    return journalId === this.place.journalId && seq <= this.place.seq;
  }

  private take(reduction: Reduction): void {
    this.progress = { ...this.progress, output: reduction.state };
    this.adopt(boundReduction(this.progress.bound, reduction, this.context));
  }

  private adopt({ state, edits, steps, blobs }: Bounded): void {
    this.progress = { ...this.progress, bound: state };
    if (edits.some(({ type }) => type === 'clear')) this.clears += 1;
    for (const blob of blobs) this.store.keep(blob);
    this.perform(steps);
    for (const edit of edits) this.pend(edit);
    if (isLate(state)) this.scheduleLate();
    if (this.pending.length > 0) this.schedule();
  }

  private pend(edit: OutputEdit): void {
    this.pending.push(edit);
    this.pendingLength += lengthOf(edit);
    if (this.pending.length < this.joinAt) return;
    this.pending = [...mergeEdits(this.pending)];
    this.joinAt = 2 * this.pending.length + MOST_PENDING_EDITS;
  }

  private perform(steps: readonly TextStep[]): void {
    for (const step of steps) {
      if (step.type === 'append') this.store.append(step);
      else if (step.type === 'drop') this.store.drop(step.number).catch(this.options.onWriteFailed);
      else this.finishText(step);
    }
  }

  private finishText(step: FinishText): void {
    const { clears } = this;
    const { number, index, stored } = step;
    const named = this.store.finish(step).then((sha256) => {
      if (clears !== this.clears || !isComplete(this.progress.bound, step)) return;
      this.progress = { ...this.progress, bound: hashNamed(this.progress.bound, index) };
      this.pend({ type: 'storeText', index, stored: { ...stored, sha256 } });
      this.schedule();
    });
    const told = named.catch(this.options.onWriteFailed).finally(() => this.finishing.delete(number));
    this.finishing.set(number, told);
  }

  private schedule(): void {
    if (this.isStopped || this.securing !== null) return;
    const wait = this.options.pace.wait(this.pendingLength >= MUCH);
    if (wait <= 0) return this.flush();
    this.timer ??= setTimeout(() => {
      this.timer = null;
      // Another run of the kernel may have written meanwhile.
      this.schedule();
    }, Math.ceil(wait));
  }

  private scheduleLate(): void {
    const wait = Math.max(0, this.options.lateMs - (this.options.now() - this.lastLate));
    this.lateTimer ??= setTimeout(() => this.writeLate(), wait);
  }

  private writeLate(): void {
    if (this.lateTimer !== null) clearTimeout(this.lateTimer);
    this.lateTimer = null;
    if (!isLate(this.progress.bound)) return;
    this.lastLate = this.options.now();
    this.adopt(lateOutput(this.progress.bound, this.context));
  }

  private flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.pending.length === 0 || this.securing !== null) return;
    const edits = mergeEdits(this.pending);
    this.pending = [];
    this.pendingLength = 0;
    this.joinAt = MOST_PENDING_EDITS;
    this.options.pace.wrote();
    const mark = this.mark(null);
    const secured = this.store.secure(edits);
    const written = secured === null ? this.write(edits, mark) : this.writeSecured(secured, edits, mark);
    this.written = Promise.all([this.written, written]).then(() => undefined);
  }

  /** What can't be stored is told, and what there is to show is shown all the same. */
  private writeSecured(secured: Promise<void>, edits: readonly OutputEdit[], mark: FlushMark): Promise<void> {
    this.securing = secured.catch(this.options.onWriteFailed).then(() => {
      this.securing = null;
      if (this.isStopped) return undefined;
      const written = this.write(edits, mark);
      if (this.pending.length > 0) this.schedule();
      return written;
    });
    return this.securing;
  }

  private write(edits: readonly OutputEdit[], mark: FlushMark): Promise<void> {
    return this.outputs.write(this.run, edits, mark).catch(this.options.onWriteFailed);
  }

  private mark(end: Settlement | null): FlushMark {
    return { ...this.place, reducerState: reducerStateOf(this.progress), end };
  }
}

/** Of what it brings into a document, about. */
function lengthOf(edit: OutputEdit): number {
  if (edit.type === 'replaceText') return edit.text.length;
  if (edit.type !== 'append') return 0;
  const parts = 'data' in edit.output ? Object.values(edit.output.data) : Object.values(edit.output);
  return parts.reduce<number>((sum, part) => sum + (typeof part === 'string' ? part.length : 0), 0);
}
