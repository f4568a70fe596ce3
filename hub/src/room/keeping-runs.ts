/** What a restore or a merge leaves to the runs that go on: the cells that they write now. */
import type * as Y from 'yjs';
import type { Cell, Notebook } from '@cokernel/proto/notebook';
import { executionState, findCell, readCell } from '@cokernel/proto/notebook';

/** The notebook with what its running cells show in the document. */
export function keepingRuns(doc: Y.Doc, notebook: Notebook): Notebook {
  return { ...notebook, cells: notebook.cells.map((cell) => withLiveOutputs(doc, cell)) };
}

function withLiveOutputs(doc: Y.Doc, cell: Cell): Cell {
  const live = findCell(doc, cell.id);
  if (live === null || cell.cell_type !== 'code' || executionState(live) !== 'running') return cell;
  const now = readCell(live, cell.id);
  if (now.cell_type !== 'code') return cell;
  const { outputs, execution_count, metadata } = now;
  return { ...cell, outputs, execution_count, metadata };
}
