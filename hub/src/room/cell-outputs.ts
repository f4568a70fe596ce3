/**
 * Runs' outputs in the cells of a notebook (the RunOutputs of a room): the only writer of what runs produce. A run's
 * beginning waits a moment for its first output and goes with it in one transaction: most runs are over before anybody
 * could see a cell that was only cleared.
 */
import type { OutputEdit, OutputWriter, RunTimes, YCell } from '@cokernel/proto/notebook';
import {
  allCells,
  executionState,
  findCell,
  outputsOf,
  runMetadata,
  setExecution,
  setRunMetadata,
} from '@cokernel/proto/notebook';
import type { RunId, RunView } from '@cokernel/proto/hub';
import type { FlushMark, RunOutputs } from '../run/run-outputs.js';
import type { QueuedRun } from '../run/run-queue.js';
import { Settlement } from '../run/run-queue.js';
import { writtenBefore } from '../run/run-progress.js';
import { writeNextInput } from './next-input.js';
import type { RoomDocument } from './room-document.js';

/** Shorter than people notice; longer than a short run takes to its first output. */
const BEGIN_WAITS_MS = 25;

export class CellOutputs implements RunOutputs {
  /** Runs that have begun and whose cells don't show it yet. */
  private readonly beginnings = new Map<RunId, NodeJS.Timeout>();

  constructor(
    private readonly document: RoomDocument,
    private readonly writer: OutputWriter,
  ) {}

  begin(run: QueuedRun): Promise<void> {
    const { runId, target } = run.view;
    if (target.kind === 'cell' && this.cellOf(run) !== null) {
      this.writer.begin(runId, target.cellId);
      // A write that fails is told to the room by the document.
      const show = (): void => void this.document.write(() => this.showBeginning(run)).catch(() => undefined);
      this.beginnings.set(runId, setTimeout(show, BEGIN_WAITS_MS));
    }
    return Promise.resolve();
  }

  /** The log of the notebook has how far the run came; the cell is as that record left it. */
  resume(run: QueuedRun): Promise<FlushMark | null> {
    const { runId, target } = run.view;
    const mark = this.document.markOf(runId);
    if (mark === null || target.kind !== 'cell') return Promise.resolve(null);
    const end = Settlement.nullable().parse(mark.end);
    if (end === null) this.writer.resume(runId, target.cellId, writtenBefore(mark.reducerState));
    return Promise.resolve({ ...mark, end });
  }

  textOf(run: QueuedRun, index: number): string | null {
    return this.writer.textOf(run.view.runId, index);
  }

  async write(run: QueuedRun, edits: readonly OutputEdit[], mark: FlushMark): Promise<void> {
    await this.document.write(
      () => {
        this.showBeginning(run);
        this.writer.apply(run.view.runId, edits, this.document.hubOrigin);
        for (const edit of edits) if (edit.type === 'nextInput') writeNextInput(this.document.doc, run, edit);
      },
      { runId: run.view.runId, ...mark },
    );
  }

  async finish(run: QueuedRun, end: Settlement, times: RunTimes, mark: FlushMark): Promise<void> {
    await this.document.write(
      () => {
        this.showBeginning(run);
        const cell = this.cellOf(run);
        if (cell === null) return;
        setExecution(cell, { count: end.executionCount, state: 'idle' });
        setRunMetadata(cell, { ...signature(run), state: end.state, times });
      },
      { runId: run.view.runId, ...mark },
    );
  }

  /** Cells of which the notebook says that they run, though nobody runs them any more: their runs are lost. */
  async endForgotten(goesOn: (runId: RunId) => boolean): Promise<void> {
    const forgotten = allCells(this.document.doc).flatMap((cell) => {
      const run = executionState(cell) === 'running' ? runMetadata(cell) : null;
      return run === null || goesOn(run.runId) ? [] : [{ cell, run }];
    });
    if (forgotten.length === 0) return;
    await this.document.write(() => {
      for (const { cell, run } of forgotten) {
        setExecution(cell, { count: null, state: 'idle' });
        setRunMetadata(cell, { ...run, state: 'lost' });
      }
    });
  }

  /** Shows nothing more by itself. Can be called twice. */
  stop(): void {
    for (const timer of this.beginnings.values()) clearTimeout(timer);
    this.beginnings.clear();
  }

  /** Clears the cell and shows it as running, once a run. */
  private showBeginning(run: QueuedRun): void {
    const timer = this.beginnings.get(run.view.runId);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.beginnings.delete(run.view.runId);
    const cell = this.cellOf(run);
    if (cell === null) return;
    const outputs = outputsOf(cell);
    outputs?.delete(0, outputs.length);
    setExecution(cell, { count: null, state: 'running' });
    setRunMetadata(cell, { ...signature(run), state: 'running', times: {} });
  }

  private cellOf(run: QueuedRun): YCell | null {
    return run.view.target.kind === 'cell' ? findCell(this.document.doc, run.view.target.cellId) : null;
  }
}

function signature(run: QueuedRun): Pick<RunView, 'runId' | 'author'> {
  return { runId: run.view.runId, author: run.view.author };
}
