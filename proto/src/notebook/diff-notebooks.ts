/**
 * Pure: what changed from one state of a notebook to another, cell by cell. A cell is known by its id. What each run
 * writes beside its output (timings, count, whose run it was), and the kernel that the notebook names, is no change that a
 * person looks for.
 */
import { diffComm } from 'node-diff3';
import type { CellId } from '../hub/ids.js';
import type { NotebookDifference } from '../hub/versions.js';
import { type JsonObject, type JsonValue, isJsonObject, jsonEquals, omit, toJson } from './json.js';
import { isComparable, linesOf } from './merge/text-edits.js';
import type { Cell, Notebook } from './nbformat.js';

type CellDifference = NotebookDifference['cells'][number];
type LineDifference = CellDifference['source'][number];
type Other = CellDifference['others'][number];

export function diffNotebooks(before: Notebook, after: Notebook): NotebookDifference {
  const former = byId(before.cells);
  const later = byId(after.cells);
  const moved = movedCells(before.cells, after.cells);
  const kept = after.cells.flatMap((cell) => differenceOf(former.get(cell.id), cell, moved.has(cell.id)));
  const cells = withDeleted(kept, before.cells, after.cells, later);
  return { cells, metadata: !jsonEquals(withoutKernel(before), withoutKernel(after)) };
}

function withoutKernel({ metadata }: Notebook): JsonObject {
  return omit(metadata, ['kernelspec', 'language_info']);
}

function byId(cells: readonly Cell[]): ReadonlyMap<CellId, Cell> {
  return new Map(cells.map((cell) => [cell.id, cell]));
}

/** The fewest cells of both states that must have moved for the others to be in one order. */
function movedCells(before: readonly Cell[], after: readonly Cell[]): ReadonlySet<CellId> {
  const inBoth = (cells: readonly Cell[], others: ReadonlyMap<CellId, Cell>): CellId[] =>
    cells.map(({ id }) => id).filter((id) => others.has(id));
  const parts = diffComm(inBoth(before, byId(after)), inBoth(after, byId(before)));
  return new Set(parts.flatMap((part) => part.buffer2 ?? []));
}

function differenceOf(former: Cell | undefined, cell: Cell, moved: boolean): CellDifference[] {
  const base = { cellId: cell.id, cellType: cell.cell_type, moved };
  if (former === undefined) return [{ ...base, change: 'added', source: whole(cell.source, 'after'), others: [] }];
  if (former === cell && !moved) return [];
  const source = former.source === cell.source ? [] : diffLines(former.source, cell.source);
  const others = otherChanges(former, cell);
  const isSame = !moved && source.length === 0 && others.length === 0;
  return isSame ? [] : [{ ...base, change: 'changed', source, others }];
}

function otherChanges(former: Cell, cell: Cell): Other[] {
  const changes: readonly (readonly [Other, boolean])[] = [
    ['type', former.cell_type !== cell.cell_type],
    ['outputs', !jsonEquals(outputsOf(former), outputsOf(cell))],
    ['metadata', !jsonEquals(ownMetadata(former.metadata), ownMetadata(cell.metadata))],
    ['attachments', !jsonEquals(attachmentsOf(former), attachmentsOf(cell))],
  ];
  return changes.flatMap(([name, isAnother]) => (isAnother ? [name] : []));
}

/** What the cell shows; the count of an execution is none of it. */
function outputsOf(cell: Cell): JsonValue {
  if (cell.cell_type !== 'code') return [];
  return toJson(cell.outputs.map((output) => ({ ...output, execution_count: null })));
}

function attachmentsOf(cell: Cell): JsonObject {
  return (cell.cell_type === 'code' ? undefined : cell.attachments) ?? {};
}

/** Without what a run writes. */
function ownMetadata(metadata: JsonObject): JsonObject {
  const { cokernel, ...others } = omit(metadata, ['execution']);
  const ours = isJsonObject(cokernel) ? omit(cokernel, ['run']) : {};
  return Object.keys(ours).length === 0 ? others : { ...others, cokernel: ours };
}

/** Each deleted cell behind the change, if any, of what it followed. */
function withDeleted(
  kept: readonly CellDifference[],
  before: readonly Cell[],
  after: readonly Cell[],
  later: ReadonlyMap<CellId, Cell>,
): CellDifference[] {
  const followers = new Map<CellId | null, Cell[]>();
  let last: CellId | null = null;
  for (const cell of before) {
    if (later.has(cell.id)) last = cell.id;
    else followers.set(last, [...(followers.get(last) ?? []), cell]);
  }
  const deletedBehind = (id: CellId | null): CellDifference[] => (followers.get(id) ?? []).map(deleted);
  const changes = new Map(kept.map((change) => [change.cellId, change]));
  const inOrder = after.flatMap(({ id }) => {
    const change = changes.get(id);
    return [...(change === undefined ? [] : [change]), ...deletedBehind(id)];
  });
  return [...deletedBehind(null), ...inOrder];
}

function deleted(cell: Cell): CellDifference {
  const source = whole(cell.source, 'before');
  return { cellId: cell.id, cellType: cell.cell_type, change: 'deleted', moved: false, source, others: [] };
}

/** Lines in both, and lines in one, in the order of the text; the former text's first. */
function diffLines(before: string, after: string): LineDifference[] {
  const [old, fresh] = [lines(before), lines(after)];
  if (!isComparable(old, fresh)) return [...whole(before, 'before'), ...whole(after, 'after')];
  return diffComm(old, fresh).flatMap((part) =>
    part.common === undefined
      ? [...linesIn('before', part.buffer1), ...linesIn('after', part.buffer2)]
      : linesIn('both', part.common),
  );
}

function whole(text: string, place: LineDifference['in']): LineDifference[] {
  return linesIn(place, lines(text));
}

function linesIn(place: LineDifference['in'], these: string[]): LineDifference[] {
  return these.length === 0 ? [] : [{ in: place, lines: these }];
}

/** Without line ends; whether the last line has one is no difference that can be shown. */
function lines(text: string): string[] {
  return linesOf(text).map((line) => line.replace(/\r?\n$/, ''));
}
