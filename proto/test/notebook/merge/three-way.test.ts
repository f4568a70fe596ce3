/** What a program wrote to the file, and what people have, come together. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CellId, ContentHash, TextId } from '../../../src/hub/index.js';
import {
  makeCodeCell,
  makeMarkdownCell,
  makeNotebook,
  MergeBase,
  mergeBase,
  mergeNotebooks,
  type Cell,
  type CodeCell,
  type MergeResult,
  type Notebook,
} from '../../../src/notebook/index.js';
import { notebooks } from './random-notebooks.js';

const id = (name: string): CellId => CellId.parse(name);
const code = (name: string, source: string, more: Partial<CodeCell> = {}): Cell => ({
  ...makeCodeCell(source),
  id: id(name),
  ...more,
});
const prose = (name: string, source: string): Cell => ({ ...makeMarkdownCell(source), id: id(name) });
const printed = (text: string): Partial<CodeCell> => ({
  execution_count: 1,
  outputs: [{ output_type: 'stream', name: 'stdout', text }],
});

const merge = (base: readonly Cell[], live: readonly Cell[], disk: readonly Cell[]): MergeResult =>
  mergeNotebooks(mergeBase(makeNotebook(base)), makeNotebook(live), makeNotebook(disk));
const sources = ({ merged }: MergeResult): string[] => merged.cells.map(({ source }) => source);
const ids = ({ merged }: MergeResult): string[] => merged.cells.map((cell) => cell.id);
const what = ({ conflicts }: MergeResult): string[] => conflicts.map((conflict) => conflict.what);

describe('random notebooks', () => {
  test('what changed on one side only is the result', () => {
    fc.assert(
      fc.property(notebooks(), notebooks(), (base, changed) => {
        fc.pre(changed.cells.some((cell) => base.cells.some((other) => other.id === cell.id)));
        const onDisk = mergeNotebooks(mergeBase(base), base, changed);
        expect(onDisk.merged).toEqual(changed);
        expect(onDisk.conflicts).toEqual([]);
        const here = mergeNotebooks(mergeBase(base), changed, base);
        expect(here.merged).toEqual(changed);
        expect(here.conflicts).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('[X3] no text that somebody wrote is missing, on whichever side it was written', () => {
    const edit = fc.record({
      at: fc.nat(20),
      action: fc.constantFrom('line' as const, 'word' as const, 'delete' as const, 'insert' as const, 'move' as const),
    });
    fc.assert(
      fc.property(
        notebooks(),
        fc.array(edit, { maxLength: 8 }),
        fc.array(edit, { maxLength: 8 }),
        (base, here, there) => {
          const live = edited(base, here, 'live');
          const disk = edited(base, there, 'disk');
          const result = mergeNotebooks(mergeBase(base), live.notebook, disk.notebook);
          const all = sources(result).join('\n');
          const gone = [...live.tokens, ...disk.tokens].filter((token) => !all.includes(token));
          expect(gone).toEqual([]);
          expect(new Set(ids(result)).size).toBe(result.merged.cells.length);
          const again = mergeNotebooks(mergeBase(result.disk), result.merged, result.disk);
          expect(again.merged).toEqual(result.merged);
        },
      ),
      { numRuns: 500 },
    );
  });

  interface Edit {
    readonly at: number;
    readonly action: 'line' | 'word' | 'delete' | 'insert' | 'move';
  }

  /** Each edit writes a token of its own; those that a later edit of the same person deletes don't count. */
  function edited(base: Notebook, edits: readonly Edit[], name: string): { notebook: Notebook; tokens: string[] } {
    const cells = [...base.cells];
    let count = 0;
    for (const { at, action } of edits) {
      const place = cells.length === 0 ? 0 : at % cells.length;
      const cell = cells[place];
      const token = `${name}${String((count += 1))}_`;
      if (action === 'insert' || cell === undefined) cells.splice(place, 0, code(`${name}-${token}`, token));
      else if (action === 'delete') cells.splice(place, 1);
      else if (action === 'move') cells.splice(at % 3, 0, ...cells.splice(place, 1));
      else cells[place] = { ...cell, source: typed(cell.source, at, token, action) };
    }
    const left = cells.map(({ source }) => source).join('\n');
    const tokens = Array.from({ length: count }, (_, index) => `${name}${String(index + 1)}_`);
    return { notebook: { ...base, cells }, tokens: tokens.filter((token) => left.includes(token)) };
  }

  function typed(source: string, at: number, token: string, action: 'line' | 'word'): string {
    const lines = source.split('\n');
    const place = at % lines.length;
    const line = lines[place] ?? '';
    lines.splice(place, 1, ...(action === 'line' ? [line, token] : [`${line} ${token}`]));
    return lines.join('\n');
  }
});

describe('[X3] the text of a cell', () => {
  test('takes other lines of both sides', () => {
    const result = merge(
      [code('a', '1\n2\n3\n4\n5')],
      [code('a', '1 live\n2\n3\n4\n5')],
      [code('a', '1\n2\n3\n4\n5 disk')],
    );
    expect(sources(result)).toEqual(['1 live\n2\n3\n4\n5 disk']);
    expect(result.conflicts).toEqual([]);
  });

  test('of which both changed the same line is kept, with the file’s version right below', () => {
    const result = merge(
      [code('a', 'x = 1'), code('b', '')],
      [code('a', 'x = 2'), code('b', '')],
      [code('a', 'x = 3'), code('b', '')],
    );
    expect(sources(result)).toEqual(['x = 2', 'x = 3', '']);
    const kept = result.merged.cells[1];
    expect(kept?.metadata).toEqual({ cokernel: { conflict: { of: 'a' } } });
    expect(result.conflicts).toEqual([{ cellId: 'a', what: 'source', keptAs: kept?.id }]);
  });

  describe('of which both change the same line again, before anybody has settled it,', () => {
    const again = (live: readonly Cell[], disk: readonly Cell[]): MergeResult =>
      merge([code('a', 'x = 3'), code('b', '')], live, disk);
    const mark = { metadata: { cokernel: { conflict: { of: 'a' } } } };
    const [here, there] = [code('a', 'x = 2'), code('a', 'x = 4')];

    test('has the file’s newest text in the cell of the former one, wherever that stands', () => {
      const result = again([code('k', 'x = 3', mark), here, code('b', '')], [there, code('b', '')]);
      expect(result.merged.cells).toEqual([code('k', 'x = 4', mark), here, code('b', '')]);
      expect(result.conflicts).toEqual([{ cellId: 'a', what: 'source', keptAs: 'k' }]);
    });

    test('keeps a former version that somebody has edited, or that the file has as a cell', () => {
      const edited = again([here, code('k', 'x = 3 + 1', mark)], [there]);
      expect(sources(edited)).toEqual(['x = 2', 'x = 4', 'x = 3 + 1']);
      const known = again([here, code('k', 'x = 3', mark)], [there, code('k', 'x = 3', mark)]);
      expect(sources(known)).toEqual(['x = 2', 'x = 4', 'x = 3']);
    });
  });

  test('in prose takes other words of a paragraph, and in code never two changes of a line', () => {
    const [base, live, disk] = ['the old cat sat here', 'the big cat sat here', 'the old cat slept here'];
    expect(sources(merge([prose('a', base)], [prose('a', live)], [prose('a', disk)]))).toEqual([
      'the big cat slept here',
    ]);
    expect(sources(merge([code('a', base)], [code('a', live)], [code('a', disk)]))).toEqual([live, disk]);
  });

  test('that both changed alike is no conflict', () => {
    const result = merge([code('a', '1')], [code('a', '2')], [code('a', '2')]);
    expect(sources(result)).toEqual(['2']);
    expect(result.conflicts).toEqual([]);
  });

  test('that both wrote into a new cell of one id is kept twice', () => {
    expect(sources(merge([], [code('a', 'live')], [code('a', 'disk')]))).toEqual(['live', 'disk']);
  });
});

describe('cells', () => {
  const base = [code('a', '1'), code('b', '2'), code('c', '3')];

  test('that both inserted, moved and deleted come together', () => {
    const live = [code('n', 'live'), code('a', '1'), code('b', '2'), code('c', '3')];
    const disk = [code('c', '3'), code('a', '1'), code('m', 'disk')];
    expect(ids(merge(base, live, disk))).toEqual(['c', 'n', 'a', 'm']);
  });

  test('that both moved stand where people have them', () => {
    const live = [code('c', '3'), code('a', '1'), code('b', '2')];
    const disk = [code('a', '1'), code('c', '3'), code('b', '2')];
    expect(ids(merge(base, live, disk))).toEqual(['c', 'a', 'b']);
  });

  test('that one side deleted and the other changed stay, and it is told', () => {
    const here = merge(base, [code('a', '1 live'), code('b', '2'), code('c', '3')], base.slice(1));
    expect(sources(here)).toEqual(['1 live', '2', '3']);
    expect(what(here)).toEqual(['deletedOnDisk']);
    const there = merge(base, base.slice(1), [code('a', '1 disk'), code('b', '2'), code('c', '3')]);
    expect(sources(there)).toEqual(['1 disk', '2', '3']);
    expect(what(there)).toEqual(['deletedHere']);
  });

  test('that were deleted here are not brought back by new outputs alone', () => {
    const result = merge(base, base.slice(1), [code('a', '1', printed('new')), code('b', '2'), code('c', '3')]);
    expect(ids(result)).toEqual(['b', 'c']);
    expect(what(result)).toEqual([]);
  });

  test('of a file without ids are known by their text, where they stand, and by what it has in common', () => {
    const files = [
      makeCodeCell('import numpy as np\nimport pandas as pd'),
      makeCodeCell('new'),
      makeCodeCell('plot(x, y, color="red", width=4)'),
      makeCodeCell('print(1)'),
    ];
    const known = [
      code('a', 'import numpy as np\nimport pandas as pd'),
      code('c', 'plot(x, y, color="blue", width=4)'),
      code('b', 'print(1)'),
    ];
    const live = known.map((cell) => (cell.id === 'a' ? { ...cell, source: `${cell.source}\nimport sys` } : cell));
    const result = merge(known, live, files);
    expect(sources(result)).toEqual([`${known[0]?.source ?? ''}\nimport sys`, 'new', files[2]?.source, 'print(1)']);
    expect(ids(result).filter((name) => name.length === 1)).toEqual(['a', 'c', 'b']);
    expect(result.conflicts).toEqual([]);
  });

  test('that are of another type on one side are so', () => {
    expect(merge([code('a', 'x')], [code('a', 'x')], [prose('a', 'x')]).merged.cells).toEqual([prose('a', 'x')]);
    expect(merge([code('a', 'x')], [prose('a', 'y')], [code('a', 'x')]).merged.cells).toEqual([prose('a', 'y')]);
  });
});

test('a base is kept as JSON, without the outputs', () => {
  const base = mergeBase(makeNotebook([code('a', 'x', printed('long'.repeat(1_000))), prose('b', 'y')], { k: [1] }));
  const kept = JSON.stringify(base);
  expect(kept.length).toBeLessThan(1_000);
  expect(MergeBase.parse(JSON.parse(kept))).toEqual(base);
});

describe('outputs', () => {
  const old = code('a', 'x', printed('old'));

  test('are the file’s when people’s are the base’s', () => {
    const result = merge([old], [code('a', 'x live', printed('old'))], [code('a', 'x', printed('disk'))]);
    expect(result.merged.cells).toEqual([code('a', 'x live', printed('disk'))]);
    expect(result.conflicts).toEqual([]);
  });

  test('are people’s when those are new, and it is told', () => {
    const result = merge([old], [code('a', 'x', printed('live'))], [code('a', 'x', printed('disk'))]);
    expect(result.merged.cells).toEqual([code('a', 'x', printed('live'))]);
    expect(what(result)).toEqual(['outputs']);
  });

  test('whose whole text lies outside are the same, whoever stored it', () => {
    const stored = (name: string, sha256: string) => ({
      id: TextId.parse(name),
      sha256: ContentHash.parse(sha256.repeat(64)),
      bytes: 9,
      gap: { from: 1, to: 2 },
    });
    const outside = (name: string, hash: string): Partial<CodeCell> => ({
      outputs: [{ output_type: 'stream', name: 'stdout', text: `shown of ${name}`, stored: stored(name, hash) }],
    });
    const base = [code('a', 'x', outside('one', 'a'))];
    const live = [code('a', 'x live', outside('one', 'a'))];
    expect(merge(base, live, [code('a', 'x', outside('two', 'a'))]).merged.cells).toEqual(live);
    const other = [code('a', 'x', outside('two', 'b'))];
    expect(merge(base, base, other).merged.cells).toEqual(other);
  });

  test('take along what the run wrote into metadata', () => {
    const run = (name: string) => ({ metadata: { execution: { name }, tags: ['t'] } });
    const [base, live, disk] = [
      code('a', 'x', { ...printed('old'), ...run('old') }),
      code('a', 'x', { ...printed('live'), ...run('live') }),
      code('a', 'x', { ...printed('disk'), ...run('disk') }),
    ];
    expect(merge([base], [live], [disk]).merged.cells[0]?.metadata).toEqual(run('live').metadata);
    expect(merge([base], [base], [disk]).merged.cells[0]?.metadata).toEqual(run('disk').metadata);
  });
});

test('metadata is merged key by key, and people keep what both changed', () => {
  const of = (metadata: Cell['metadata']): Cell[] => [code('a', '', { metadata })];
  const result = merge(
    of({ both: 1, mine: 1, theirs: 1, deep: { mine: 1, theirs: 1 } }),
    of({ both: 2, mine: 2, theirs: 1, deep: { mine: 2, theirs: 1 } }),
    of({ both: 3, mine: 1, deep: { mine: 1, theirs: 3 }, fresh: 3 }),
  );
  expect(result.merged.cells[0]?.metadata).toEqual({ both: 2, mine: 2, deep: { mine: 2, theirs: 3 }, fresh: 3 });
  expect(what(result)).toEqual(['metadata']);
});
