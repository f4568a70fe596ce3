/** One of two versions that a merge kept stays, as a person decides. */
import { describe, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { CellId } from '../../../src/hub/index.js';
import {
  conflictOf,
  deleteCell,
  fillDocument,
  makeCodeCell,
  makeMarkdownCell,
  makeNotebook,
  ownUndo,
  readDocument,
  settleConflict,
  type Cell,
} from '../../../src/notebook/index.js';

const id = (name: string): CellId => CellId.parse(name);
const mark = { cokernel: { conflict: { of: 'a' } } };
const here: Cell = {
  ...makeCodeCell('x = 2\nprint(x)'),
  id: id('a'),
  outputs: [{ output_type: 'stream', name: 'stdout', text: '2' }],
};
const file: Cell = { ...makeCodeCell('x = 3\nprint(x)', { ...mark, tags: ['t'] }), id: id('k') };
const below: Cell = { ...makeMarkdownCell('text'), id: id('b') };

function opened(...cells: readonly Cell[]): { doc: Y.Doc; cells: () => readonly Cell[] } {
  const doc = new Y.Doc();
  fillDocument(doc, makeNotebook(cells));
  return { doc, cells: () => readDocument(doc).cells };
}

describe('[X3] of two versions', () => {
  test('the file’s stays in the cell that people have, under its id and with its outputs', () => {
    const { doc, cells } = opened(here, file, below);
    settleConflict(doc, file.id, 'this');
    expect(cells()).toEqual([{ ...here, source: file.source }, below]);
  });

  test('people’s stays as it is', () => {
    const { doc, cells } = opened(here, file, below);
    settleConflict(doc, file.id, 'other');
    expect(cells()).toEqual([here, below]);
  });

  test.each(['this', 'other'] as const)('keeping %s is one transaction and one undo step', (kept) => {
    const { doc, cells } = opened(here, file, below);
    const undo = ownUndo(doc, ['me']);
    let updates = 0;
    doc.on('update', () => (updates += 1));
    settleConflict(doc, file.id, kept, 'me');
    expect(updates).toBe(1);
    undo.undo();
    expect(cells()).toEqual([here, file, below]);
    undo.redo();
    expect(cells()).toHaveLength(2);
    undo.destroy();
  });

  test('the file’s brings its type along', () => {
    const { doc, cells } = opened(here, { ...makeMarkdownCell('prose', mark), id: file.id });
    settleConflict(doc, file.id, 'this');
    expect(cells()).toEqual([{ ...makeMarkdownCell('prose'), id: here.id }]);
  });

  test('the file’s becomes an ordinary cell where the other one is gone', () => {
    const { doc, cells } = opened(here, file);
    deleteCell(doc, here.id);
    settleConflict(doc, file.id, 'this');
    expect(cells()).toEqual([{ ...file, metadata: { tags: ['t'] } }]);
  });

  test('none is lost when a cell says that it is a version of itself, or of none', () => {
    const own = { ...file, metadata: { cokernel: { conflict: { of: 'k' } } } };
    const { doc, cells } = opened(own, below);
    settleConflict(doc, own.id, 'this');
    settleConflict(doc, below.id, 'other');
    expect(cells()).toEqual([{ ...file, metadata: {} }, below]);
  });
});

test('which cell it is a version of is read from metadata that any client may have written', () => {
  expect(conflictOf(mark)).toBe('a');
  for (const other of [{}, { cokernel: 1 }, { cokernel: { conflict: null } }, { cokernel: { conflict: { of: 7 } } }])
    expect(conflictOf(other)).toBeNull();
});
