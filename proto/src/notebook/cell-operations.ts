/**
 * Pure but for new cell ids: operations on the cells of a notebook's document as wholes: insert, delete, move, split, merge, copy, paste, change
 * of type (C2, C3). Each is one transaction, with `origin` as its origin. Cells are named by id; a cell that is not there
 * (any more) is an UnknownCellError, so that nothing lands at a place that nobody meant.
 */
import type * as Y from 'yjs';
import type { CellId } from '../hub/ids.js';
import { uniqueCellId } from './cell-id.js';
import { clearOutputsOf } from './cell-contents.js';
import type { JsonObject } from './json.js';
import { makeCell } from './make-cell.js';
import type { Cell, CellType } from './nbformat.js';
import { requireCell, requireIndex } from './require-cell.js';
import {
  cellId,
  cellMetadata,
  cellsArray,
  cellType,
  makeYCell,
  readCell,
  setAttachments,
  setDeleting,
  sourceText,
} from './y-notebook.js';

/** At `index`, 0 being the top; past the end it is appended. */
export function insertCell(doc: Y.Doc, index: number, cell: Cell, origin?: unknown): void {
  doc.transact(() => {
    const cells = cellsArray(doc);
    cells.insert(Math.min(Math.max(index, 0), cells.length), [makeYCell(cell)]);
  }, origin);
}

export function insertCellAfter(doc: Y.Doc, after: CellId, cell: Cell, origin?: unknown): void {
  insertCell(doc, requireIndex(doc, after) + 1, cell, origin);
}

/** Before that cell; null means at the end. */
export function insertCellBefore(doc: Y.Doc, before: CellId | null, cell: Cell, origin?: unknown): void {
  insertCell(doc, before === null ? cellsArray(doc).length : requireIndex(doc, before), cell, origin);
}

export function appendCell(doc: Y.Doc, cell: Cell, origin?: unknown): void {
  insertCellBefore(doc, null, cell, origin);
}

export function deleteCell(doc: Y.Doc, id: CellId, origin?: unknown): void {
  doc.transact(() => {
    cellsArray(doc).delete(requireIndex(doc, id), 1);
  }, origin);
}

/** Shows to everybody that somebody is about to delete the cell, or is no more. It is not saved. */
export function markDeleting(doc: Y.Doc, id: CellId, isDeleting: boolean, origin?: unknown): void {
  doc.transact(() => {
    setDeleting(requireCell(doc, id), isDeleting);
  }, origin);
}

/**
 * Moves a cell, with its id and outputs, before another one; null means to the end. Yjs has no move: the cell is
 * cloned to its new place and deleted at the old one. A hub keeps what others type into the old one meanwhile.
 */
export function moveCell(doc: Y.Doc, id: CellId, before: CellId | null, origin?: unknown): void {
  doc.transact(() => {
    moveTo(doc, id, before === null ? cellsArray(doc).length : requireIndex(doc, before));
  }, origin);
}

/** As moveCell, to the place right below another cell. */
export function moveCellAfter(doc: Y.Doc, id: CellId, after: CellId, origin?: unknown): void {
  doc.transact(() => {
    moveTo(doc, id, requireIndex(doc, after) + 1);
  }, origin);
}

function moveTo(doc: Y.Doc, id: CellId, target: number): void {
  const from = requireIndex(doc, id);
  if (target === from || target === from + 1) {
    return;
  }
  // Not from a snapshot: that has no display ids, and nothing that this version does not know.
  const copy = requireCell(doc, id).clone();
  cellsArray(doc).delete(from, 1);
  cellsArray(doc).insert(from < target ? target - 1 : target, [copy]);
}

/**
 * The text from `offset` (UTF-16) on goes into a new cell of the same type and metadata right below. The first half
 * keeps the id and the outputs. Answers the new cell's id.
 */
export function splitCell(doc: Y.Doc, id: CellId, offset: number, origin?: unknown): CellId {
  return doc.transact(() => {
    const cell = requireCell(doc, id);
    const text = sourceText(cell);
    const rest = text?.toJSON().slice(offset) ?? '';
    const below = makeCell(cellType(cell), rest.replace(/^\r?\n/, ''), cellMetadata(cell));
    text?.delete(text.length - rest.length, rest.length);
    trimLineEnd(text);
    insertCellAfter(doc, id, below);
    return below.id;
  }, origin);
}

function trimLineEnd(text: Y.Text | null): void {
  const ending = /\r?\n$/.exec(text?.toJSON() ?? '')?.[0].length ?? 0;
  text?.delete(text.length - ending, ending);
}

/**
 * Joins the text of all these cells, in the notebook's order and with an empty line between, into the first of
 * them, which loses its outputs: they are not those of the joined text. Answers its id.
 */
export function mergeCells(doc: Y.Doc, ids: readonly CellId[], origin?: unknown): CellId {
  return doc.transact(() => {
    const cells = copyCells(doc, ids);
    const [first, ...others] = cells;
    if (first === undefined) {
      throw new RangeError('there is no cell to merge');
    }
    const into = requireCell(doc, first.id);
    const text = sourceText(into);
    text?.insert(text.length, others.map((cell) => `\n\n${cell.source}`).join(''));
    setAttachments(into, Object.fromEntries(cells.flatMap((cell) => Object.entries(attachmentsOf(cell)))));
    clearOutputsOf(into);
    others.forEach((cell) => {
      deleteCell(doc, cell.id);
    });
    return first.id;
  }, origin);
}

/** Snapshots of these cells in the notebook's order, to be pasted here or elsewhere. */
export function copyCells(doc: Y.Doc, ids: readonly CellId[]): readonly Cell[] {
  return [...new Set(ids)]
    .map((id) => ({ index: requireIndex(doc, id), cell: snapshot(doc, id) }))
    .sort((a, b) => a.index - b.index)
    .map(({ cell }) => cell);
}

export function cutCells(doc: Y.Doc, ids: readonly CellId[], origin?: unknown): readonly Cell[] {
  return doc.transact(() => {
    const cells = copyCells(doc, ids);
    cells.forEach((cell) => {
      deleteCell(doc, cell.id);
    });
    return cells;
  }, origin);
}

/** Inserts copies before a cell, or at the end; an id that is taken is made new. Answers the ids as they stand. */
export function pasteCells(
  doc: Y.Doc,
  before: CellId | null,
  cells: readonly Cell[],
  origin?: unknown,
): readonly CellId[] {
  return doc.transact(() => {
    const taken = new Set(
      cellsArray(doc)
        .map(cellId)
        .filter((id) => id !== null),
    );
    const pasted = cells.map((cell) => ({ ...cell, id: uniqueCellId(cell.id, taken) }));
    pasted.forEach((cell) => {
      insertCellBefore(doc, before, cell);
    });
    return pasted.map((cell) => cell.id);
  }, origin);
}

/** Stock clients read a cell's type once, so the cell is made anew with the same id; its outputs go. */
export function changeCellType(doc: Y.Doc, id: CellId, type: CellType, origin?: unknown): void {
  doc.transact(() => {
    const index = requireIndex(doc, id);
    const cell = snapshot(doc, id);
    if (cell.cell_type !== type) {
      cellsArray(doc).delete(index, 1);
      insertCell(doc, index, { ...makeCell(type, cell.source, cell.metadata), id });
      setAttachments(requireCell(doc, id), attachmentsOf(cell));
    }
  }, origin);
}

function snapshot(doc: Y.Doc, id: CellId): Cell {
  return readCell(requireCell(doc, id), id);
}

function attachmentsOf(cell: Cell): JsonObject {
  return (cell.cell_type === 'code' ? undefined : cell.attachments) ?? {};
}
