import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as Y from 'yjs';
import { CellId } from '../../src/hub/index.js';
import {
  appendCell,
  changeCellType,
  clearAllOutputs,
  clearOutputs,
  copyCells,
  cutCells,
  deleteCell,
  fillDocument,
  findCell,
  insertCell,
  insertCellAfter,
  insertCellBefore,
  isDeleting,
  makeCodeCell,
  makeDisplayData,
  makeError,
  makeExecuteResult,
  makeMarkdownCell,
  makeNotebook,
  makeRawCell,
  makeStream,
  markDeleting,
  mergeCells,
  moveCell,
  moveCellAfter,
  outputsOf,
  pasteCells,
  readDocument,
  readNotebook,
  setExecution,
  setExecutionCount,
  setMetadata,
  setMetadataOfOutput,
  setNotebookMetadata,
  setSource,
  setTags,
  setVisibility,
  sourceText,
  splitCell,
  tagsOf,
  UnknownCellError,
  visibilityOf,
  writeNotebook,
  type Cell,
  type Output,
} from '../../src/notebook/index.js';
import { validateByNbformat } from './python.js';

const id = (name: string): CellId => CellId.parse(name);
const ORIGIN = 'somebody';
const printed = { output_type: 'stream', name: 'stdout', text: 'out' } as const;

let doc: Y.Doc;
let origins: unknown[];

beforeEach(() => {
  doc = new Y.Doc();
  const cells: Cell[] = [
    { ...makeCodeCell('one'), id: id('a'), execution_count: 1, outputs: [printed, printed] },
    { ...makeMarkdownCell('two', { tags: ['t'] }), id: id('b'), attachments: { x: { 'image/png': 'p' } } },
    { ...makeRawCell('three'), id: id('c') },
  ];
  fillDocument(doc, makeNotebook(cells));
  origins = [];
  doc.on('update', (_update: Uint8Array, origin: unknown) => origins.push(origin));
});

const ids = (): string[] => readDocument(doc).cells.map((cell) => cell.id);
const cellOf = (name: string): Cell | undefined => readDocument(doc).cells.find((cell) => cell.id === name);

describe('[C3] insert, append and delete', () => {
  const fresh = { ...makeCodeCell('new'), id: id('n') };
  test.each<[string, () => void, string]>([
    ['at the top', () => insertCell(doc, 0, fresh, ORIGIN), 'nabc'],
    ['far past the end', () => insertCell(doc, 99, fresh, ORIGIN), 'abcn'],
    ['after a cell', () => insertCellAfter(doc, id('a'), fresh, ORIGIN), 'anbc'],
    ['before a cell', () => insertCellBefore(doc, id('c'), fresh, ORIGIN), 'abnc'],
    ['at the end', () => appendCell(doc, fresh, ORIGIN), 'abcn'],
    ['delete', () => deleteCell(doc, id('b'), ORIGIN), 'ac'],
  ])('%s, in one transaction', (_, operate, order) => {
    operate();
    expect(ids().join('')).toBe(order);
    expect(origins).toEqual([ORIGIN]);
  });

  test('after an unknown cell is an error, and nothing changes', () => {
    expect(() => {
      insertCellAfter(doc, id('gone'), fresh);
    }).toThrow(UnknownCellError);
    expect(ids().join('')).toBe('abc');
    expect(origins).toEqual([]);
  });

  test.each<[string, () => unknown]>([
    ['delete', () => deleteCell(doc, id('gone'))],
    ['move', () => moveCell(doc, id('gone'), null)],
    ['move before it', () => moveCell(doc, id('a'), id('gone'))],
    ['split', () => splitCell(doc, id('gone'), 0)],
    ['merge', () => mergeCells(doc, [id('a'), id('gone')])],
    ['set source', () => setSource(doc, id('gone'), '')],
    ['set tags', () => setTags(doc, id('gone'), [])],
    ['clear', () => clearOutputs(doc, id('gone'))],
    ['change type', () => changeCellType(doc, id('gone'), 'code')],
    ['copy', () => copyCells(doc, [id('gone')])],
  ])('%s of an unknown cell is an error', (_, operate) => {
    expect(operate).toThrow(UnknownCellError);
    expect(origins).toEqual([]);
  });
});

describe('[C3] move', () => {
  test.each([
    ['a', 'c', 'bac'],
    ['a', null, 'bca'],
    ['c', 'a', 'cab'],
    ['b', 'a', 'bac'],
    ['a', 'b', 'abc'],
    ['a', 'a', 'abc'],
    ['c', null, 'abc'],
  ])('%s before %s', (name, before, order) => {
    moveCell(doc, id(name), before === null ? null : id(before), ORIGIN);
    expect(ids().join('')).toBe(order);
    expect(origins).toEqual(order === 'abc' ? [] : [ORIGIN]);
  });

  test('below another cell, and below itself', () => {
    moveCellAfter(doc, id('a'), id('b'), ORIGIN);
    expect(ids().join('')).toBe('bac');
    moveCellAfter(doc, id('a'), id('a'), ORIGIN);
    moveCellAfter(doc, id('a'), id('b'), ORIGIN);
    expect(origins).toEqual([ORIGIN]);
    moveCellAfter(doc, id('b'), id('c'), ORIGIN);
    expect(ids().join('')).toBe('acb');
    expect(() => {
      moveCellAfter(doc, id('b'), id('gone'));
    }).toThrow(UnknownCellError);
  });

  test('keeps what a snapshot does not show: display ids, the state of execution, keys of others', () => {
    const cell = findCell(doc, id('a'));
    const shown = cell === null ? undefined : outputsOf(cell)?.get(0);
    if (cell !== null) setExecution(cell, { count: null, state: 'running' });
    cell?.set('unknown', { of: 'another version' });
    shown?.set('transient', { display_id: 'x' });
    const before = cell?.toJSON();
    moveCell(doc, id('a'), null);
    expect(findCell(doc, id('a'))?.toJSON()).toEqual(before);
  });

  test('keeps id, text, metadata, outputs and attachments', () => {
    const before = readDocument(doc).cells;
    moveCell(doc, id('a'), null);
    moveCell(doc, id('b'), null);
    expect(readDocument(doc).cells).toEqual([before[2], before[0], before[1]]);
  });
});

describe('[C3] split and merge', () => {
  test('the second half goes right below, with type and metadata; the first keeps id and outputs', () => {
    setSource(doc, id('a'), 'x = 1\ny = 2');
    setMetadata(doc, id('a'), 'k', 1);
    origins = [];
    const below = splitCell(doc, id('a'), 6, ORIGIN);
    expect(origins).toEqual([ORIGIN]);
    expect(ids()).toEqual(['a', below, 'b', 'c']);
    expect(cellOf('a')).toMatchObject({ source: 'x = 1', execution_count: 1, outputs: [printed, printed] });
    expect(cellOf(below)).toMatchObject({ cell_type: 'code', source: 'y = 2', metadata: { k: 1 }, outputs: [] });
  });

  test('merge joins in the order of the notebook and drops outputs that are not of the joined text', () => {
    expect(mergeCells(doc, [id('c'), id('a')], ORIGIN)).toBe('a');
    expect(ids().join('')).toBe('ab');
    expect(cellOf('a')).toMatchObject({ source: 'one\n\nthree', execution_count: null, outputs: [] });
    expect(origins).toEqual([ORIGIN]);
  });

  test('merge keeps attachments', () => {
    mergeCells(doc, [id('b'), id('c')]);
    expect(cellOf('b')).toMatchObject({ attachments: { x: { 'image/png': 'p' } } });
  });
});

test('[C3] a cell that somebody is about to delete is marked for everybody, and the mark is not saved', () => {
  markDeleting(doc, id('a'), true, ORIGIN);
  expect(origins).toEqual([ORIGIN]);
  const isMarked = (): boolean => isDeleting(findCell(doc, id('a')) ?? new Y.Map());
  expect(isMarked()).toBe(true);
  expect(writeNotebook(readDocument(doc))).not.toContain('deleting');
  markDeleting(doc, id('a'), false);
  expect(isMarked()).toBe(false);
});

describe('[C2] what is made', () => {
  test('an empty notebook, and one of one cell', () => {
    expect(makeNotebook([]).cells).toEqual([]);
    expect(makeNotebook().cells).toMatchObject([{ cell_type: 'code', source: '' }]);
    validateByNbformat(writeNotebook(makeNotebook([])));
  });

  test('cells of three types and outputs of four are valid and come back as they were', () => {
    const outputs: Output[] = [
      makeStream('stdout', 'one\n'),
      makeDisplayData({ 'text/plain': 'x' }, { a: 1 }),
      makeExecuteResult({ 'text/plain': '2' }, 2),
      makeError('ValueError', 'no', ['line 1', 'line 2']),
    ];
    const cells = [{ ...makeCodeCell('1+1'), execution_count: 2, outputs }, makeMarkdownCell('# t'), makeRawCell('r')];
    const text = writeNotebook(makeNotebook(cells));
    validateByNbformat(text);
    expect(readNotebook(text).notebook.cells).toEqual(cells);
  });
});

describe('[C3] copy, cut and paste', () => {
  test('a pasted copy gets an id of its own, a cut cell keeps its id', () => {
    const [pasted] = pasteCells(doc, null, copyCells(doc, [id('a')]));
    expect(ids()).toEqual(['a', 'b', 'c', pasted]);
    expect(cellOf(pasted ?? '')).toMatchObject({ source: 'one', outputs: [printed, printed] });
    const cut = cutCells(doc, [id('c'), id('b')], ORIGIN);
    expect(cut.map((cell) => cell.id)).toEqual(['b', 'c']);
    expect(pasteCells(doc, id('a'), cut, ORIGIN)).toEqual(['b', 'c']);
    expect(ids()).toEqual(['b', 'c', 'a', pasted]);
    expect(origins.slice(-2)).toEqual([ORIGIN, ORIGIN]);
  });
});

describe('[C3] change type', () => {
  test('keeps id, place, text and metadata, as stock clients need it: in a new map', () => {
    const before = findCell(doc, id('b'));
    changeCellType(doc, id('b'), 'raw');
    expect(cellOf('b')).toMatchObject({ cell_type: 'raw', metadata: { tags: ['t'] }, attachments: { x: {} } });
    changeCellType(doc, id('b'), 'code', ORIGIN);
    expect(cellOf('b')).toEqual({ ...makeCodeCell('two', { tags: ['t'] }), id: 'b' });
    expect(findCell(doc, id('b'))).not.toBe(before);
    expect(ids().join('')).toBe('abc');
  });

  test('to the same type changes nothing', () => {
    changeCellType(doc, id('a'), 'code');
    expect(origins).toEqual([]);
  });
});

describe('[C3] outputs, metadata, tags and visibility', () => {
  test('outputs of one or all are cleared, with their count', () => {
    clearOutputs(doc, id('a'), ORIGIN);
    expect(cellOf('a')).toMatchObject({ outputs: [], execution_count: null });
    insertCell(doc, 0, { ...makeCodeCell(), id: id('n'), outputs: [printed] });
    clearAllOutputs(doc);
    expect(cellOf('n')).toMatchObject({ outputs: [] });
    expect(cellOf('b')).toMatchObject({ source: 'two' });
  });

  test('the count of a code cell is set, that of any other is not', () => {
    setExecutionCount(doc, id('a'), 7, ORIGIN);
    setExecutionCount(doc, id('b'), 7, ORIGIN);
    expect(cellOf('a')).toMatchObject({ execution_count: 7 });
    expect(cellOf('b')).not.toHaveProperty('execution_count');
    expect(origins).toEqual([ORIGIN]);
  });

  test('metadata of the notebook is set and removed', () => {
    setNotebookMetadata(doc, 'title', 'T', ORIGIN);
    expect(readDocument(doc).metadata).toEqual({ title: 'T' });
    setNotebookMetadata(doc, 'title', undefined, ORIGIN);
    expect(readDocument(doc).metadata).toEqual({});
    expect(origins).toEqual([ORIGIN, ORIGIN]);
  });

  test.each([
    [{ collapsed: true }, { sourceHidden: false, outputsHidden: true }],
    [
      { collapsed: true, jupyter: { outputs_hidden: false } },
      { sourceHidden: false, outputsHidden: false },
    ],
    [{ jupyter: { source_hidden: true, outputs_hidden: true } }, { sourceHidden: true, outputsHidden: true }],
    [{ jupyter: 'no' }, { sourceHidden: false, outputsHidden: false }],
  ])('visibility of %j', (metadata, expected) => {
    insertCell(doc, 0, { ...makeCodeCell('', metadata), id: id('v') });
    const cell = findCell(doc, id('v'));
    expect(cell === null ? null : visibilityOf(cell)).toEqual(expected);
  });

  test('metadata, tags and visibility are set and removed', () => {
    setTags(doc, id('a'), ['x', 'y', 'x']);
    setVisibility(doc, id('a'), { source: true });
    setVisibility(doc, id('a'), { outputs: false });
    setMetadata(doc, id('a'), 'k', { deep: [1] });
    setMetadataOfOutput(doc, id('a'), 1, { m: 1 });
    setMetadataOfOutput(doc, id('a'), 9, { m: 1 });
    const cell = findCell(doc, id('a'));
    expect(cell === null ? [] : tagsOf(cell)).toEqual(['x', 'y']);
    expect(cellOf('a')?.metadata).toEqual({
      tags: ['x', 'y'],
      jupyter: { source_hidden: true, outputs_hidden: false },
      collapsed: false,
      k: { deep: [1] },
    });
    setTags(doc, id('a'), []);
    setMetadata(doc, id('a'), 'k', undefined);
    expect(Object.keys(cellOf('a')?.metadata ?? {})).toEqual(['jupyter', 'collapsed']);
  });
});

test('[C3] setting a source touches only what differs, so an edit beside it stays', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀', '😁'), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const fresh = new Y.Doc();
      fillDocument(fresh, makeNotebook([{ ...makeCodeCell(before), id: id('a') }]));
      setSource(fresh, id('a'), after);
      const twin = new Y.Doc();
      Y.applyUpdate(twin, Y.encodeStateAsUpdate(fresh));
      expect(readDocument(twin).cells[0]?.source).toBe(after);
    }),
  );
  setSource(doc, id('a'), 'first\nmiddle\nlast');
  const twin = new Y.Doc();
  Y.applyUpdate(twin, Y.encodeStateAsUpdate(doc));
  const twinCell = findCell(twin, id('a'));
  (twinCell === null ? null : sourceText(twinCell))?.insert(3, '-mine-');
  setSource(doc, id('a'), 'first\nchanged\nlast');
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(twin));
  expect(cellOf('a')?.source).toBe('fir-mine-st\nchanged\nlast');
});
