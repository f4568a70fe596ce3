/** Runs' outputs in the cells of a notebook (the RunOutputs of a room): the only writer of what runs produce. */
import type { OutputEdit, OutputWriter, RunTimes, YCell } from '@cokernel/proto/notebook';
import { findCell, outputsOf, setExecution, setRunMetadata } from '@cokernel/proto/notebook';
import type { RunView } from '@cokernel/proto/hub';
import type { FlushMark, RunOutputs } from '../run/run-outputs.js';
import type { QueuedRun, Settlement } from '../run/run-queue.js';
import type { RoomDocument } from './room-document.js';

export class CellOutputs implements RunOutputs {
  constructor(
    private readonly document: RoomDocument,
    private readonly writer: OutputWriter,
  ) {}

  async begin(run: QueuedRun): Promise<void> {
    const cell = this.cellOf(run);
    if (cell === null || run.view.target.kind !== 'cell') return;
    this.writer.begin(run.view.runId, run.view.target.cellId);
    await this.document.write(() => {
      const outputs = outputsOf(cell);
      outputs?.delete(0, outputs.length);
      setExecution(cell, { count: null, state: 'running' });
      setRunMetadata(cell, { ...signature(run), state: 'running', times: {} });
    });
  }

  async write(run: QueuedRun, edits: readonly OutputEdit[], mark: FlushMark): Promise<void> {
    await this.document.write(
      () => {
        this.writer.apply(run.view.runId, edits, this.document.hubOrigin);
      },
      { runId: run.view.runId, journalId: '', ...mark },
    );
  }

  async finish(run: QueuedRun, end: Settlement, times: RunTimes): Promise<void> {
    const cell = this.cellOf(run);
    if (cell === null) return;
    await this.document.write(() => {
      setExecution(cell, { count: end.executionCount, state: 'idle' });
      setRunMetadata(cell, { ...signature(run), state: end.state, times });
    });
  }

  private cellOf(run: QueuedRun): YCell | null {
    return run.view.target.kind === 'cell' ? findCell(this.document.doc, run.view.target.cellId) : null;
  }
}

function signature(run: QueuedRun): Pick<RunView, 'runId' | 'author'> {
  return { runId: run.view.runId, author: run.view.author };
}
