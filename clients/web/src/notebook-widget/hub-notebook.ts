/**
 * JupyterLab's notebook widget, except that a move is asked of the hub: deleting and inserting a cell, as the stock
 * widget moves, loses what somebody else types into it meanwhile.
 */
import type { CellId } from '@cokernel/proto/hub';
import { Notebook, NotebookActions } from '@jupyterlab/notebook';
import type { Cell } from '@jupyterlab/cells';
import { cellIdOf } from './cell-id.js';
import { movePlan, type MovePlan } from './move-plan.js';
import { inBackground } from '../ui/in-background.js';

interface NotebookLinks {
  /** Asks the hub to move cells. */
  readonly move: (plan: MovePlan) => void;
  /** Called for each cell that comes into the notebook. */
  readonly decorate: (cell: Cell) => void;
}

export class HubNotebook extends Notebook {
  readonly #links: NotebookLinks;
  /** The active cell while it moves: it leaves the document and comes back, and should be active again then. */
  #moving: CellId | null = null;

  constructor(options: Notebook.IOptions, links: NotebookLinks) {
    super(options);
    this.#links = links;
  }

  override moveCell(from: number, to: number, n = 1): void {
    const ids = this.widgets.map(cellIdOf);
    const plan = movePlan(ids, from, to, n);
    if (plan === null) return;
    this.#moving = this.activeCell === null ? null : cellIdOf(this.activeCell);
    this.#links.move(plan);
  }

  protected override onCellInserted(index: number, cell: Cell): void {
    super.onCellInserted(index, cell);
    this.#links.decorate(cell);
    if (cellIdOf(cell) !== this.#moving) return;
    this.#moving = null;
    // The widget sets the active cell by itself after this; ours shall be the last word.
    queueMicrotask(() => this.#activate(cell));
  }

  #activate(cell: Cell): void {
    const index = this.widgets.indexOf(cell);
    if (index < 0) return;
    this.activeCellIndex = index;
    inBackground(NotebookActions.focusActiveCell(this));
  }
}
