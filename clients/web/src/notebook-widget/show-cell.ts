/** Brings a cell to the person: it becomes the active one, is scrolled into view, and has the focus. */
import type { CellId } from '@cokernel/proto/hub';
import { NotebookActions, type Notebook } from '@jupyterlab/notebook';
import { inBackground } from '../ui/in-background.js';

/** Nothing for a cell that is not there (any more). */
export function showCell(notebook: Notebook, cellId: CellId): void {
  const index = notebook.widgets.findIndex((cell) => cell.model.id === cellId);
  if (index < 0) return;
  notebook.activeCellIndex = index;
  inBackground(NotebookActions.focusActiveCell(notebook));
}
