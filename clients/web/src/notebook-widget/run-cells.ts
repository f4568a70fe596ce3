/**
 * Runs cells through the hub. JupyterLab's actions (run, run all, run and advance) call the executor once a cell;
 * what is asked for in one turn goes to the hub as one batch, so that an error ends the rest of that batch.
 */
import { CallError, type Room } from '@cokernel/core';
import { RequestId, sourceHash, type CallResult } from '@cokernel/proto/hub';
import { CodeCell, MarkdownCell, type Cell } from '@jupyterlab/cells';
import { setCellExecutor, type INotebookModel } from '@jupyterlab/notebook';
import { cellIdOf } from './cell-id.js';

export type Enqueued = CallResult<'run'>['runs'][number];

interface RunnerOptions {
  readonly room: Room;
  /** Told after the hub has taken the cells. */
  readonly onEnqueued: (runs: readonly Enqueued[]) => void;
  /** Told when it has not. */
  readonly onRefused: (error: unknown) => void;
}

/** The runners by notebook: JupyterLab knows one executor for the whole page. */
const runners = new WeakMap<INotebookModel, CellRunner>();

/** Binds a notebook to its room until the returned function is called. */
export function runThroughHub(model: INotebookModel, options: RunnerOptions): () => void {
  runners.set(model, new CellRunner(options));
  return () => runners.delete(model);
}

setCellExecutor({
  runCell: async ({ cell, notebook }) => {
    if (cell instanceof MarkdownCell) {
      cell.rendered = true;
      cell.inputHidden = false;
    }
    if (!(cell instanceof CodeCell)) return true;
    const runner = runners.get(notebook);
    return runner === undefined ? false : runner.run(cell);
  },
});

class CellRunner {
  readonly #options: RunnerOptions;
  #waiting: Cell[] = [];
  #sent: Promise<boolean> | null = null;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** True when the hub has taken the cell. */
  run(cell: CodeCell): Promise<boolean> {
    this.#waiting.push(cell);
    this.#sent ??= Promise.resolve().then(() => this.#send());
    return this.#sent;
  }

  async #send(): Promise<boolean> {
    const cells = this.#waiting
      .filter((cell) => cell.model.sharedModel.getSource().trim() !== '')
      .map((cell) => ({ cellId: cellIdOf(cell), sourceHash: sourceHash(cell.model.sharedModel.getSource()) }));
    this.#waiting = [];
    this.#sent = null;
    if (cells.length === 0) return true;
    try {
      const result = await this.#options.room.call('run', { requestId: newRequestId(), cells });
      this.#options.onEnqueued(result.runs);
      return true;
    } catch (error) {
      this.#options.onRefused(error);
      return false;
    }
  }
}

function newRequestId(): RequestId {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return RequestId.parse(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
}

/** True when the hub refused because the cell's text had changed. */
export function isSourceMismatch(error: unknown): boolean {
  return error instanceof CallError && error.code === 'sourceMismatch';
}
