/**
 * Pure: the cell that a merge makes of the file's text where people had changed the same one: how it says of which cell it
 * is a version, and how a person settles which of the two stays.
 */
import type * as Y from 'yjs';
import { CellId } from '../../hub/ids.js';
import { changeCellType, deleteCell } from '../cell-operations.js';
import { isJsonObject, omit, type JsonObject } from '../json.js';
import { requireCell } from '../require-cell.js';
import { cellMetadata, cellType, findCell, setCellMetadata, sourceText } from '../y-notebook.js';
import { editText } from './text-edits.js';

/** `this`: what such a cell has; `other`: what stands in the cell of which it is a version. */
export type KeptVersion = 'this' | 'other';

/** What a new one has as metadata. */
export function conflictMetadata(of: CellId): JsonObject {
  return { cokernel: { conflict: { of } } };
}

/** The cell of which one with this metadata is the file's version; null when it is a cell as any other. */
export function conflictOf(metadata: JsonObject): CellId | null {
  const cokernel = metadata['cokernel'];
  const conflict = isJsonObject(cokernel) ? cokernel['conflict'] : undefined;
  return isJsonObject(conflict) ? (CellId.safeParse(conflict['of']).data ?? null) : null;
}

/**
 * Keeps one version and lets the other go, in one transaction. The text that stays stands in the cell that both are
 * versions of, under its id, with its outputs. Where that cell is gone, `this` becomes an ordinary cell.
 * Throws UnknownCellError when the cell is gone itself; one that is no version of another stays as it is.
 */
export function settleConflict(doc: Y.Doc, id: CellId, kept: KeptVersion, origin?: unknown): void {
  doc.transact(() => {
    const other = conflictOf(cellMetadata(requireCell(doc, id)));
    if (other === null) return;
    if (kept === 'this' && !takeOver(doc, id, other)) unmark(doc, id);
    else deleteCell(doc, id);
  }, origin);
}

/** False when there is no other cell to take the text. */
function takeOver(doc: Y.Doc, id: CellId, other: CellId): boolean {
  if (other === id || findCell(doc, other) === null) return false;
  const cell = requireCell(doc, id);
  changeCellType(doc, other, cellType(cell));
  const text = sourceText(requireCell(doc, other));
  if (text === null) return false;
  editText(text, sourceText(cell)?.toJSON() ?? '');
  return true;
}

function unmark(doc: Y.Doc, id: CellId): void {
  const cell = requireCell(doc, id);
  const cokernel = cellMetadata(cell)['cokernel'];
  const rest = omit(isJsonObject(cokernel) ? cokernel : {}, ['conflict']);
  setCellMetadata(cell, 'cokernel', Object.keys(rest).length === 0 ? undefined : rest);
}
