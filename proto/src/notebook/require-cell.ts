/** Pure: finds a cell that an operation names, or says that it is not there (any more). */
import type * as Y from 'yjs';
import type { CellId } from '../hub/ids.js';
import { cellsArray, indexOfCell, type YCell } from './y-notebook.js';

/** Somebody else deleted the cell, or it never was in this notebook. */
export class UnknownCellError extends Error {
  override readonly name = 'UnknownCellError';
  constructor(readonly cellId: CellId) {
    super(`there is no cell ${cellId} in this notebook (any more)`);
  }
}

export function requireIndex(doc: Y.Doc, id: CellId): number {
  const index = indexOfCell(doc, id);
  if (index === -1) {
    throw new UnknownCellError(id);
  }
  return index;
}

export function requireCell(doc: Y.Doc, id: CellId): YCell {
  return cellsArray(doc).get(requireIndex(doc, id));
}
