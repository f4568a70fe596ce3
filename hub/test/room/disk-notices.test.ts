/** What people read when another program changed their file. */
import { expect, test } from '@jest/globals';
import { CellId } from '@cokernel/proto/hub';
import { makeCodeCell, makeNotebook, type MergeConflict, type Notebook } from '@cokernel/proto/notebook';
import { mergeNotices, notKept } from '../../src/room/disk-notices.js';

const of = (...cells: readonly (readonly [string, string])[]): Notebook =>
  makeNotebook(cells.map(([id, source]) => ({ ...makeCodeCell(source), id: CellId.parse(id) })));

test('a change is told by its cells, and nothing is told of none', () => {
  const before = of(['a', '1'], ['b', '2'], ['c', '3']);
  expect(mergeNotices(before, before, [])).toEqual([]);
  const after = of(['n', 'new'], ['a', '1!'], ['b', '2']);
  expect(mergeNotices(before, after, [])).toEqual([
    {
      event: 'notice',
      level: 'info',
      code: 'changedOnDisk',
      message: 'Another program changed the file; it was merged. Cells: 1 changed, 1 added, 1 deleted.',
    },
  ]);
  const [moved] = mergeNotices(before, of(['b', '2'], ['a', '1'], ['c', '3']), []);
  expect(moved?.message).toContain('The order of cells or the metadata changed.');
});

test('a conflict names its cells, by their place and by their ids', () => {
  const id = CellId.parse('b');
  const what: MergeConflict['what'][] = ['source', 'outputs', 'metadata', 'deletedOnDisk', 'deletedHere'];
  const notebook = of(['a', '1'], ['b', '2']);
  const notices = mergeNotices(
    notebook,
    notebook,
    what.map((kind) => ({ cellId: id, what: kind })),
  );
  expect(notices.map(({ code, level }) => `${code} ${level}`)).toEqual(['changedOnDisk info', 'mergeConflict warning']);
  expect(notices[1]?.cellIds).toEqual(['b']);
  expect(notices[1]?.message.match(/Cell 2: /g)).toHaveLength(what.length);
});

test('what can not be kept is told in a notice that has an end, and nothing is told of none', () => {
  expect(notKept('a.ipynb', [])).toEqual([]);
  const seven = Array.from({ length: 7 }, (_, n) => `No ${String(n)}.`);
  expect(notKept('a.ipynb', seven).map(({ code, message }) => `${code}: ${message}`)).toEqual([
    "notKept: Saving will change 'a.ipynb'. No 0. No 1. No 2. No 3. No 4. And 2 more.",
  ]);
});
