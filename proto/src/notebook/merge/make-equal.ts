/**
 * Pure: makes a document equal a notebook by as few edits as possible, so that cursors, and what others write meanwhile,
 * stay. Cells are known by id, or by their text where ids mean nothing (match-cells.ts): those that are the same stay
 * the same, those that stand elsewhere are moved, texts are edited where they differ, metadata key by key, and a cell's
 * outputs are replaced together, when they differ at all.
 */
import * as Y from 'yjs';
import type { CellId } from '../../hub/ids.js';
import { moveCell } from '../cell-operations.js';
import { jsonEquals, toJson, toJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { Cell, CodeCell, Notebook } from '../nbformat.js';
import {
  cellId,
  cellsArray,
  cellType,
  executionState,
  indexOfCell,
  makeYCell,
  makeYOutput,
  notebookMetadata,
  outputsOf,
  readCell,
  readDocument,
  readOutput,
  setAttachments,
  setCellMetadata,
  setExecution,
  setNbformatMinor,
  setNotebookMetadata,
  sourceText,
  type YCell,
} from '../y-notebook.js';
import { withKnownIds } from './match-cells.js';
import { attachmentsOf } from './merge-base.js';
import { stableItems } from './stable-items.js';
import { editText } from './text-edits.js';

/**
 * One transaction with this origin; none at all when they are equal already. The ids of a notebook none of whose ids
 * stands in the document are not taken over for cells that the document has.
 */
export function makeEqual(doc: Y.Doc, target: Notebook, origin?: unknown): void {
  doc.transact(() => {
    const { cells, metadata, nbformat_minor: minor } = withKnownIds(target, readDocument(doc));
    setNbformatMinor(doc, minor);
    editMetadata(toJsonObject(notebookMetadata(doc)?.toJSON()), metadata, (key, value) => {
      setNotebookMetadata(doc, key, value);
    });
    removeOthers(doc, cells);
    arrange(doc, cells);
    cells.forEach((cell) => {
      editCell(cellsArray(doc).get(indexOfCell(doc, cell.id)), cell);
    });
  }, origin);
}

/** What is not in the target, or not of this form, or a second cell of one id. */
function removeOthers(doc: Y.Doc, target: readonly Cell[]): void {
  const wanted = new Map(target.map((cell) => [cell.id, cell]));
  const live = cellsArray(doc);
  const isKept = live.toArray().map((cell) => {
    const id = cell instanceof Y.Map ? cellId(cell) : null;
    const wish = id === null ? undefined : wanted.get(id);
    if (id === null || wish === undefined || !isOfForm(cell, wish)) return false;
    return wanted.delete(id);
  });
  for (let index = isKept.length - 1; index >= 0; index -= 1) {
    if (isKept[index] === false) live.delete(index, 1);
  }
}

/** Clients read a cell's type once, so a cell of another type is made anew. */
function isOfForm(cell: YCell, wish: Cell): boolean {
  const hasParts = sourceText(cell) !== null && (wish.cell_type !== 'code' || outputsOf(cell) !== null);
  return hasParts && cellType(cell) === wish.cell_type;
}

/** Brings the cells into the target's order, with those that are missing. */
function arrange(doc: Y.Doc, target: readonly Cell[]): void {
  const live = cellsArray(doc).toArray().map(cellId);
  const kept = new Set(live);
  const places = new Map(target.map(({ id }, index) => [id, index]));
  const staying = new Set(
    stableItems(
      live.filter((id) => id !== null),
      (id) => places.get(id) ?? 0,
    ),
  );
  const missing: Cell[] = [];
  let below: CellId | null = null;
  for (const cell of [...target].reverse()) {
    if (!kept.has(cell.id)) {
      missing.unshift(cell);
      continue;
    }
    below = insertBefore(doc, below, missing.splice(0));
    if (!staying.has(cell.id)) moveCell(doc, cell.id, below);
    below = cell.id;
  }
  insertBefore(doc, below, missing);
}

/** All at once. Answers the cell that stands before `below` then. */
function insertBefore(doc: Y.Doc, below: CellId | null, cells: readonly Cell[]): CellId | null {
  const live = cellsArray(doc);
  live.insert(below === null ? live.length : indexOfCell(doc, below), cells.map(makeYCell));
  return cells[0]?.id ?? below;
}

function editCell(cell: YCell, target: Cell): void {
  const now = readCell(cell, target.id);
  const text = sourceText(cell);
  if (text !== null && now.source !== target.source) editText(text, target.source);
  editMetadata(now.metadata, target.metadata, (key, value) => {
    setCellMetadata(cell, key, value);
  });
  if (now.cell_type === 'code' && target.cell_type === 'code') editOutputs(cell, target);
  else if (!jsonEquals(attachmentsOf(now), attachmentsOf(target))) setAttachments(cell, attachmentsOf(target));
}

function editOutputs(cell: YCell, target: CodeCell): void {
  const outputs = outputsOf(cell);
  const now = readCell(cell, target.id);
  if (outputs !== null && !jsonEquals(toJson(outputs.toArray().map(readOutput)), toJson(target.outputs))) {
    outputs.delete(0, outputs.length);
    outputs.insert(0, target.outputs.map(makeYOutput));
  }
  if (now.cell_type === 'code' && now.execution_count !== target.execution_count) {
    setExecution(cell, { count: target.execution_count, state: executionState(cell) });
  }
}

function editMetadata(
  now: JsonObject,
  target: JsonObject,
  set: (key: string, value: JsonValue | undefined) => void,
): void {
  for (const key of new Set([...Object.keys(now), ...Object.keys(target)])) {
    if (!jsonEquals(now[key], target[key])) set(key, target[key]);
  }
}
