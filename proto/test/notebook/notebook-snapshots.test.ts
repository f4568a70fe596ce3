/** [C7] Snapshots that share what has not changed. What they say is compared with the document in operations-property.test.ts. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { CellId } from '../../src/hub/index.js';
import {
  NotebookSnapshots,
  allCells,
  cellsArray,
  diffNotebooks,
  fillDocument,
  findCell,
  moveCell,
  outputsOf,
  readDocument,
  setMetadata,
  setNbformatMinor,
  setNotebookMetadata,
  setSource,
  sourceText,
} from '../../src/notebook/index.js';
import { everything } from './samples.js';

const code = CellId.parse('code');

let doc: Y.Doc;
let snapshots: NotebookSnapshots;

beforeEach(() => {
  doc = new Y.Doc();
  fillDocument(doc, everything);
  snapshots = new NotebookSnapshots(doc);
  snapshots.start();
});

/** The ids of the cells that are other objects after a change. */
function renewed(change: () => void): readonly CellId[] {
  const before = new Set(snapshots.now().cells);
  change();
  expect(snapshots.now()).toEqual(readDocument(doc));
  return snapshots.now().cells.flatMap((cell) => (before.has(cell) ? [] : [cell.id]));
}

describe('[C7] in the next snapshot', () => {
  test('all is the same object when nothing changed', () => {
    expect(snapshots.now()).toBe(snapshots.now());
    expect(Object.isFrozen(snapshots.now().cells)).toBe(true);
  });

  test('only the cell is another in which something changed, however deep', () => {
    const output = (): Y.Map<unknown> | undefined => outputsOf(findCell(doc, code) ?? new Y.Map())?.get(0);
    const text = output()?.get('text');
    if (!(text instanceof Y.Text)) throw new Error('the sample prints something first');
    expect(renewed(() => text.insert(0, 'more'))).toEqual([code]);
    expect(renewed(() => setMetadata(doc, code, 'tags', ['x']))).toEqual([code]);
    expect(renewed(() => setSource(doc, code, 'another'))).toEqual([code]);
  });

  test('no cell is another when the notebook’s metadata or the order changed, but the notebook is', () => {
    const before = snapshots.now();
    expect(renewed(() => setNotebookMetadata(doc, 'title', 'x'))).toEqual([]);
    expect(renewed(() => setNbformatMinor(doc, 4))).toEqual([]);
    expect(snapshots.now()).not.toBe(before);
    const { metadata } = snapshots.now();
    doc.transact(() => sourceText(findCell(doc, code) ?? new Y.Map())?.insert(0, ' '));
    expect(snapshots.now().metadata).toBe(metadata);
  });

  test('a cell is another that came anew, and none that only stands elsewhere', () => {
    const [first] = allCells(doc);
    expect(renewed(() => moveCell(doc, code, null))).toEqual([code]);
    cellsArray(doc).delete(1, 1);
    expect(renewed(() => cellsArray(doc).delete(1, 1))).toEqual([]);
    expect(allCells(doc)[0]).toBe(first);
  });

  test('a cell without an id has that of its place', () => {
    cellsArray(doc).push([new Y.Map<unknown>([['cell_type', 'code']])]);
    const last = snapshots.now().cells.at(-1)?.id;
    expect(renewed(() => cellsArray(doc).delete(0, 1))).toHaveLength(1);
    expect(snapshots.now().cells.at(-1)?.id).not.toBe(last);
  });
});

test('[C7] a snapshot in the middle of a transaction, or while it is told, has what was changed until then', () => {
  const seen: string[] = [];
  const look = (): void => void seen.push(snapshots.now().cells.find(({ id }) => id === code)?.source ?? '');
  const text = sourceText(findCell(doc, code) ?? new Y.Map());
  look();
  text?.observe(look);
  doc.transact(() => {
    setSource(doc, code, 'one');
    look();
    setSource(doc, code, 'two');
  });
  expect(seen.slice(1)).toEqual(['one', 'two']);
});

test('[C7] snapshots are compared without a look at what they share', () => {
  const before = snapshots.now();
  setSource(doc, code, 'another');
  const after = snapshots.now();
  const shared = after.cells.filter((cell) => before.cells.includes(cell));
  expect(shared.length).toBe(after.cells.length - 1);
  expect(diffNotebooks(before, after)).toEqual(diffNotebooks(everything, readDocument(doc)));
});

test('[C7] who does not follow the document, or no more, reads all of it', () => {
  snapshots.stop();
  snapshots.stop();
  setSource(doc, code, 'another');
  expect(snapshots.now()).toEqual(readDocument(doc));
  setSource(doc, code, 'and another');
  expect(snapshots.now()).toEqual(readDocument(doc));
  snapshots.start();
  expect(renewed(() => setSource(doc, code, 'the last'))).toEqual([code]);
});
