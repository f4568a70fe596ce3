/** A document becomes a notebook, and what is the same in both stays where it is. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as Y from 'yjs';
import { CellId } from '../../../src/hub/index.js';
import {
  fillDocument,
  findCell,
  makeCodeCell,
  makeEqual,
  makeMarkdownCell,
  makeNotebook,
  outputsOf,
  readDocument,
  setDisplayId,
  sourceText,
  type Cell,
  type Notebook,
} from '../../../src/notebook/index.js';
import { notebooks } from './random-notebooks.js';

const id = (name: string): CellId => CellId.parse(name);
const code = (name: string, source: string): Cell => ({ ...makeCodeCell(source), id: id(name) });

function documentOf(notebook: Notebook): Y.Doc {
  const doc = new Y.Doc();
  fillDocument(doc, notebook);
  return doc;
}

function textOf(doc: Y.Doc, name: string): Y.Text {
  const cell = findCell(doc, id(name));
  const text = cell === null ? null : sourceText(cell);
  if (text === null) throw new Error(`there is no cell ${name}`);
  return text;
}

/** The place of a cursor after something was done. */
function cursorAfter(doc: Y.Doc, name: string, before: string, change: () => void): string {
  const text = textOf(doc, name);
  const cursor = Y.createRelativePositionFromTypeIndex(text, text.toJSON().indexOf(before));
  change();
  const place = Y.createAbsolutePositionFromRelativePosition(cursor, doc);
  return place?.type !== textOf(doc, name) ? 'gone' : textOf(doc, name).toJSON().slice(place.index);
}

const ids = (doc: Y.Doc): string[] => readDocument(doc).cells.map((cell) => cell.id);

test('any document becomes any notebook', () => {
  fc.assert(
    fc.property(notebooks(), notebooks(), (from, to) => {
      const doc = documentOf(from);
      makeEqual(doc, to);
      const known = to.cells.some((cell) => from.cells.some((other) => other.id === cell.id));
      const now = readDocument(doc);
      const nameless = (notebook: Notebook) => ({
        ...notebook,
        cells: notebook.cells.map((cell) => ({ ...cell, id: '' })),
      });
      if (known) expect(now).toEqual(to);
      else expect(nameless(now)).toEqual(nameless(to));
    }),
    { numRuns: 500 },
  );
});

test('any document becomes a notebook of other ids, and keeps those of the cells that it has', () => {
  fc.assert(
    fc.property(notebooks('c'), notebooks('d'), (from, to) => {
      const doc = documentOf(from);
      makeEqual(doc, to);
      expect(readDocument(doc).cells.map(({ source }) => source)).toEqual(to.cells.map(({ source }) => source));
      expect(new Set(ids(doc)).size).toBe(to.cells.length);
    }),
  );
});

test('it is one transaction with its origin, and none when nothing differs', () => {
  const notebook = makeNotebook([code('a', 'one'), code('b', 'two')]);
  const doc = documentOf(notebook);
  const origins: unknown[] = [];
  doc.on('update', (_: Uint8Array, origin: unknown) => origins.push(origin));
  makeEqual(doc, notebook, 'me');
  expect(origins).toEqual([]);
  makeEqual(doc, makeNotebook([code('b', 'two!'), code('c', 'new')], { x: 1 }), 'me');
  expect(origins).toEqual(['me']);
});

describe('a cursor stays', () => {
  test('between edits of its cell above and below', () => {
    const doc = documentOf(makeNotebook([code('a', 'first = 1\nsecond = 2\nthird = 3')]));
    const rest = cursorAfter(doc, 'a', 'ond', () => {
      makeEqual(doc, makeNotebook([code('a', 'zeroth = 0\nfirst = 10\nsecond = 2\nthird = 33\nfourth = 4')]));
    });
    expect(rest).toBe('ond = 2\nthird = 33\nfourth = 4');
  });

  test('between two words that change on its line', () => {
    const doc = documentOf(makeNotebook([code('a', 'total = price * amount')]));
    const rest = cursorAfter(doc, 'a', 'price', () => {
      makeEqual(doc, makeNotebook([code('a', 'sum = price * count')]));
    });
    expect(rest).toBe('price * count');
  });

  test('when cells around its own come, go and move', () => {
    const doc = documentOf(makeNotebook([code('a', '1'), code('b', 'keep me'), code('c', '3'), code('d', '4')]));
    const rest = cursorAfter(doc, 'b', 'me', () => {
      makeEqual(doc, makeNotebook([code('d', '4'), code('n', 'new'), code('b', 'keep me'), code('c', '3')]));
    });
    expect(rest).toBe('me');
    expect(ids(doc)).toEqual(['d', 'n', 'b', 'c']);
  });

  test('when all ids are others and the text is not', () => {
    const doc = documentOf(makeNotebook([code('a', 'x = 1'), code('b', 'keep me'), code('c', 'y = 2\nprint(x, y)')]));
    const others = [makeMarkdownCell('# New'), makeCodeCell('keep me'), makeCodeCell('y = 3\nprint(x, y)')];
    const rest = cursorAfter(doc, 'b', 'me', () => {
      makeEqual(doc, makeNotebook(others));
    });
    expect(rest).toBe('me');
    expect(ids(doc).slice(1)).toEqual(['b', 'c']);
  });
});

test('outputs that are the same are not written again', () => {
  const printed = { output_type: 'stream', name: 'stdout', text: 'out' } as const;
  const cell = { ...makeCodeCell('a'), id: id('a'), execution_count: 1, outputs: [printed] };
  const doc = documentOf(makeNotebook([cell]));
  const live = findCell(doc, id('a'));
  const outputs = live === null ? null : outputsOf(live);
  const first = outputs?.get(0);
  if (first === undefined) throw new Error('the cell has no output');
  setDisplayId(first, 'd1');
  makeEqual(doc, makeNotebook([{ ...cell, source: 'b' }]));
  expect(outputs?.get(0)).toBe(first);
  makeEqual(doc, makeNotebook([{ ...cell, outputs: [printed, printed] }]));
  expect(outputs?.length).toBe(2);
});

test('what a client wrote that is no cell, has no id or has another’s goes', () => {
  const doc = documentOf(makeNotebook([code('a', 'one')]));
  const cells = doc.getArray<unknown>('cells');
  cells.insert(0, ['no cell', new Y.Map([['source', 'x']]), new Y.Map([['id', 'a']])]);
  makeEqual(doc, makeNotebook([code('a', 'one'), code('b', 'two')]));
  expect(cells.length).toBe(2);
  expect(ids(doc)).toEqual(['a', 'b']);
});
