/** docs/rules.md against the tests: what it says is kept by a test is, and what it calls open has none. */
import { expect, test } from '@jest/globals';
import { read, testFiles } from '../../scripts/rules/sources.mjs';
import { readRow, withKeepers } from '../../scripts/rules/table.mjs';
import { idsOf, titlesWithIds } from '../../scripts/rules/titles.mjs';

const page = read('docs/rules.md').text;
const rules = page.split('\n').flatMap((line) => readRow(line) ?? []);
const tests = testFiles();
const remedy = 'node scripts/rules.mjs brings docs/rules.md up to date';

test('every rule of the references stands in the table once', () => {
  const counts = { J: 19, E: 8, S: 3, C: 7, N: 4, X: 22, M: 33 };
  const wanted = Object.entries(counts).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  );
  expect(rules.map(({ id }) => id).sort()).toEqual([...wanted].sort());
});

test('every test that the table names exists, under a title that carries the rule’s id', () => {
  const wrong = rules.flatMap(({ id, keptBy }) =>
    keptBy.flatMap(({ path, title }) => {
      const file = tests.find((candidate) => candidate.path === path);
      if (file === undefined) return [`${id}: there is no ${path}; ${remedy}`];
      const there = titlesWithIds(file.text).some((known) => known === title && idsOf(known).includes(id));
      return there ? [] : [`${id}: ${path} has no test '${title}'; ${remedy}`];
    }),
  );
  expect(wrong).toEqual([]);
});

test('no rule is called open that a test’s title carries', () => {
  const carried = new Set(tests.flatMap(({ text }) => titlesWithIds(text)).flatMap(idsOf));
  const open = rules.filter(({ keptBy }) => keptBy.length === 0).map(({ id }) => id);
  expect(open.filter((id) => carried.has(id)).map((id) => `${id}; ${remedy}`)).toEqual([]);
});

test('the last column is written from the titles: a test a file, three in all, or open', () => {
  const table = '| Z1 | a \\| b | old |\n| Z2 | c | `gone.ts`: [Z2] gone |\nno row';
  const files = ['a', 'b', 'c', 'd'].map((name) => ({
    path: `test/${name}.ts`,
    text: `test('[Z1] x | y');\ntest('[Z1] z')`,
  }));
  const line = ['a', 'b', 'c'].map((name) => `\`test/${name}.ts\`: [Z1] x \\| y`).join('<br>');
  expect(withKeepers(table.replace('old', 'open'), files)).toBe(
    `| Z1 | a \\| b | ${line} |\n| Z2 | c | open |\nno row`,
  );
});
