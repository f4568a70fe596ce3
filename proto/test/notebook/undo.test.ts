import { YNotebook } from '@jupyter/ydoc';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as Y from 'yjs';
import { CellId, RunId } from '../../src/hub/index.js';
import {
  changeCellType,
  clearOutputs,
  deleteCell,
  fillDocument,
  findCell,
  insertCell,
  keepOthersWork,
  makeCodeCell,
  makeMarkdownCell,
  makeNotebook,
  makeStream,
  mergeCells,
  moveCell,
  OutputWriter,
  ownUndo,
  readDocument,
  setSource,
  setTags,
  sourceText,
  splitCell,
} from '../../src/notebook/index.js';

const A = CellId.parse('a');
const B = CellId.parse('b');
const N = CellId.parse('n');
const RUN = RunId.parse('run');
const ANN = 'ann';

let ann: Y.Doc;
let hub: Y.Doc;
let undo: Y.UndoManager;

/** Both have what the other did. */
function sync(): void {
  Y.applyUpdate(hub, Y.encodeStateAsUpdate(ann), 'remote');
  Y.applyUpdate(ann, Y.encodeStateAsUpdate(hub), 'remote');
}

beforeEach(() => {
  hub = new Y.Doc();
  fillDocument(
    hub,
    makeNotebook([
      { ...makeCodeCell('one'), id: A },
      { ...makeMarkdownCell('two'), id: B },
    ]),
  );
  ann = new Y.Doc();
  sync();
  undo = ownUndo(ann, [ANN]);
});
afterEach(() => {
  undo.destroy();
});

function text(doc: Y.Doc, id: CellId): Y.Text {
  const cell = findCell(doc, id);
  const source = cell === null ? null : sourceText(cell);
  if (source === null) throw new Error('no text');
  return source;
}

const cells = (doc = ann): Record<string, unknown> =>
  Object.fromEntries(readDocument(doc).cells.map((cell) => [cell.id, cell.source]));
const outputs = (doc = ann): unknown =>
  readDocument(doc).cells.flatMap((cell) => ('outputs' in cell ? cell.outputs : []));

function print(id: CellId, printed: string): void {
  const writer = new OutputWriter(hub);
  writer.begin(RUN, id);
  writer.apply(RUN, [{ type: 'append', output: makeStream('stdout', printed) }]);
  sync();
}

describe('[X17] undo', () => {
  test.each<[string, () => unknown]>([
    ['typing', () => setSource(ann, A, 'one more', ANN)],
    ['an insertion', () => insertCell(ann, 1, { ...makeCodeCell('new'), id: N }, ANN)],
    ['a deletion', () => deleteCell(ann, A, ANN)],
    ['a move', () => moveCell(ann, A, null, ANN)],
    ['a split', () => splitCell(ann, A, 1, ANN)],
    ['a merge', () => mergeCells(ann, [A, B], ANN)],
    ['a change of type', () => changeCellType(ann, B, 'raw', ANN)],
    ['tags', () => setTags(ann, A, ['x'], ANN)],
  ])('of %s is one step, for everybody, and redo does it again', (_, operate) => {
    const before = readDocument(ann);
    operate();
    const after = readDocument(ann);
    undo.undo();
    sync();
    expect(readDocument(hub)).toEqual(before);
    expect(undo.canUndo()).toBe(false);
    undo.redo();
    sync();
    expect(readDocument(hub)).toEqual(after);
  });

  test("leaves another person's typing, before, inside and behind one's own", () => {
    text(ann, A).insert(3, ' mine');
    ann.transact(() => text(ann, A).insert(3, ' MINE'), ANN);
    sync();
    text(hub, A).insert(5, '[ben]');
    text(hub, A).insert(0, '[ben]');
    sync();
    undo.undo();
    expect(cells()['a']).toBe('[ben]one[ben] mine');
  });

  test('leaves what a run has written, and what it writes meanwhile', () => {
    setSource(ann, A, 'print()', ANN);
    print(A, 'out\n');
    undo.undo();
    sync();
    expect(cells()['a']).toBe('one');
    expect(outputs()).toEqual([makeStream('stdout', 'out\n')]);
  });

  test('does not bring back outputs that were cleared', () => {
    print(A, 'out\n');
    clearOutputs(ann, A, ANN);
    expect(undo.undo()).toBeNull();
    print(A, 'newer\n');
    expect(outputs()).toEqual([makeStream('stdout', 'newer\n')]);
  });

  test('of a merge brings the cells back, not the outputs, while a new run prints', () => {
    print(A, 'old\n');
    mergeCells(ann, [A, B], ANN);
    sync();
    print(A, 'new\n');
    undo.undo();
    expect(cells()).toEqual({ a: 'one', b: 'two' });
    expect(outputs()).toEqual([makeStream('stdout', 'new\n')]);
  });

  test('of a deletion brings the cell back with its outputs, which are part of it', () => {
    print(A, 'out\n');
    deleteCell(ann, A, ANN);
    sync();
    undo.undo();
    sync();
    expect(outputs(hub)).toEqual([makeStream('stdout', 'out\n')]);
  });

  test('of an insertion keeps the cell when somebody else typed into it; only the own text goes', () => {
    insertCell(ann, 0, { ...makeCodeCell('mine'), id: N }, ANN);
    sync();
    text(hub, N).insert(0, 'ben ');
    sync();
    undo.undo();
    sync();
    expect(cells(hub)).toEqual({ n: 'ben ', a: 'one', b: 'two' });
    expect(readDocument(hub).cells[0]?.cell_type).toBe('code');
  });

  test('of an insertion keeps the cell when a run has written there', () => {
    insertCell(ann, 0, { ...makeCodeCell('mine'), id: N }, ANN);
    sync();
    print(N, 'out\n');
    undo.undo();
    sync();
    expect(cells(hub)).toEqual({ n: '', a: 'one', b: 'two' });
    expect(outputs(hub)).toEqual([makeStream('stdout', 'out\n')]);
  });

  test('of a paste takes the pasted outputs along', () => {
    insertCell(ann, 0, { ...makeCodeCell('mine'), id: N, outputs: [makeStream('stdout', 'copied')] }, ANN);
    sync();
    undo.undo();
    sync();
    expect(cells(hub)).toEqual({ a: 'one', b: 'two' });
  });
});

test('[X17] the undo manager of @jupyter/ydoc keeps the same rules when it is told so', () => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const stock = new YNotebook();
  ann = stock.ydoc;
  sync();
  keepOthersWork(stock.undoManager);
  stock.insertCell(0, { cell_type: 'code', id: N, source: 'mine' });
  sync();
  text(hub, N).insert(0, 'ben ');
  sync();
  expect(stock.undo()).toBe(true);
  expect(stock.getCell(0).getSource()).toBe('ben ');
  stock.dispose();
  jest.restoreAllMocks();
});
