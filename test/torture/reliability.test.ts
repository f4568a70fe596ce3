/** docs/reliability.md against the results of the long runs, and the parts of the harness that judge. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readResults } from '../../scripts/reliability/results.mjs';
import { withTables } from '../../scripts/reliability/tables.mjs';
import { repository } from '../end-to-end/support/repository.js';
import { Random } from './harness/random.js';
import { nextSeed, withRound, type RoundResult } from './harness/result.js';
import { thisMachine } from './harness/machine.js';
import { lineProgram, variants } from './support/line-programs.js';
import { judgeLines, vanished } from './support/missing-lines.js';
import { faultsOf, type CopiedCell } from './support/notebook-copy.js';
import { firstDifference, type ShownOutput } from './support/shown-output.js';

test('the tables of docs/reliability.md are those of the results: node scripts/reliability.mjs brings them up to date', () => {
  const page = readFileSync(`${repository.root}docs/reliability.md`, 'utf8');
  expect(page).toBe(withTables(page, readResults()));
});

test('a table tells rounds, failures, machine, and each figure by median and most', () => {
  const rounds = [3, 1, 2].map((seed) => round(seed, { backMs: seed * 10 }));
  const result = { torture: 'x', wanted: 9, machine: { ...thisMachine(), date: '2026-01-01' }, rounds };
  const page = 'before\n<!-- x: written by scripts/reliability.mjs -->\nold\n<!-- end of x -->\nafter\n';
  const table = withTables(page, [result]);
  expect(table).toMatch(/3 of 9 rounds, none failed\. 2026-01-01, .*\n\n\| figure \| print: median \(most\) \|/);
  expect(table).toContain('\n| back, ms | 20 (30) |\n<!-- end of x -->\nafter\n');
});

test('a run goes on at the first seed without a round, and a round done again takes the place of the first', () => {
  const rounds = [round(1), round(2, {}, 'red'), round(4)];
  expect(nextSeed({ torture: 'x', wanted: 9, machine: thisMachine(), rounds })).toBe(3);
  expect(withRound(rounds, round(2)).map(({ seed, failure }) => [seed, failure])).toEqual([
    [1, null],
    [2, null],
    [4, null],
  ]);
});

test('a seed gives the same numbers again, and its neighbour others', () => {
  const drawn = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => random.between(1, 1_000));
  };
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
});

describe('lines of which', () => {
  const wanted: ShownOutput[] = [{ kind: 'stdout', text: lines(0, 9) }];
  const notice: ShownOutput = { kind: 'stderr', text: '⋯ output may be missing here: the keeper was away ⋯\n' };

  test.each(variants)('none is missing are no fault (%s)', (variant) => {
    const { shown } = lineProgram(variant, { ran: 'r', done: 'd' });
    expect(firstDifference(shown, shown)).toBeNull();
    expect(judgeLines(shown, shown)).toEqual({ faults: [], missing: 0, notices: 0 });
  });

  test('one is missing, doubled or in another place are told by the first', () => {
    const doubled = [{ kind: 'stdout', text: lines(0, 4) + lines(4, 9) }] as const;
    expect(firstDifference(wanted, doubled)).toMatch(/line 5 should be "line 00005".* 0 missing, 1 doubled/);
    expect(judgeLines(wanted, doubled).faults).toEqual([expect.stringMatching(/'line 00004' comes again/)]);
    const gone = [{ kind: 'stdout', text: lines(0, 3) + lines(6, 9) }] as const;
    expect(firstDifference(wanted, gone)).toMatch(/line 4 should be "line 00004".* 2 missing, 0 doubled/);
  });

  test('some are missing need a notice at that place, and no other', () => {
    const [before, after]: ShownOutput[] = [lines(0, 3), lines(6, 9)].map((text) => ({ kind: 'stdout', text }));
    if (before === undefined || after === undefined) throw new Error('there are two');
    expect(judgeLines(wanted, [before, notice, after])).toEqual({ faults: [], missing: 2, notices: 1 });
    for (const elsewhere of [
      [notice, before, after],
      [before, after, notice],
      [before, after],
    ]) {
      expect(judgeLines(wanted, elsewhere).faults).toEqual([
        "'line 00004' up to 'line 00006' are missing, and no notice says so there",
      ]);
    }
  });

  test('somebody saw some do not go again', () => {
    expect(vanished(wanted, [notice])).toEqual([expect.stringMatching(/^10 lines .* 'line 00000'$/)]);
    expect(vanished(wanted, wanted)).toEqual([]);
  });
});

describe('a notebook of which', () => {
  const kept = new Set(['a', 'b']);
  const cell = (id: string, source: string, conflictOf: string | null = null): CopiedCell => ({
    id,
    source,
    conflictOf,
  });

  test('each word is there once is no fault, nor are two versions that are both kept', () => {
    expect(faultsOf([cell('one', 'b\nc\n'), cell('two', 'a\n')], kept, 0)).toEqual([]);
    const versions = [cell('one', 'b\n'), cell('x', 'a\nb\n', 'one'), cell('y', 'a\nb\n', 'x')];
    expect(faultsOf(versions, kept, 2)).toEqual([]);
  });

  test('a word is lost, or doubled in a cell, in two, or in two versions of one cell that has it not', () => {
    expect(faultsOf([cell('one', 'a\n')], kept, 0)).toEqual(["'b' is there 0 times"]);
    expect(faultsOf([cell('one', 'a\nb\nb\n')], kept, 0)).toEqual(["'b' is there 2 times: in one"]);
    expect(faultsOf([cell('one', 'a\nb\n'), cell('two', 'b\n')], kept, 0)).toEqual([
      "'b' is there 2 times: in one, two",
    ]);
    const versions = [cell('one', 'a\n'), cell('x', 'b\n', 'one'), cell('y', 'b\n', 'one')];
    expect(faultsOf(versions, kept, 2)).toEqual(["'b' is there 2 times: in x, y"]);
  });

  test('a cell is there twice, or a version was kept without a cause', () => {
    expect(faultsOf([cell('one', 'a\n'), cell('one', 'b\n')], kept, 0)).toEqual(['a cell is there twice']);
    expect(faultsOf([cell('one', 'a\n'), cell('x', 'b\n', 'one')], kept, 0)).toEqual([
      'it has 1 conflicts where 0 can be',
    ]);
  });
});

function lines(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, n) => `line ${String(from + n).padStart(5, '0')}\n`).join('');
}

function round(seed: number, figures: Record<string, number> = {}, failure: string | null = null): RoundResult {
  return { seed, what: 'print', failure, figures };
}
