/** docs/rules.md against the tests: what it says is kept by a test is, and what it calls open has none. */
import { expect, test } from '@jest/globals';
import { read, sourceFiles } from './sources.js';

interface Rule {
  readonly id: string;
  readonly keptBy: readonly { readonly path: string; readonly title: string }[];
}

const rules = read('docs/rules.md').text.split('\n').flatMap(readRow);
const testFiles = sourceFiles(/\/test\/.*\.tsx?$|^test\/.*\.tsx?$/);

/** A row of a table: `| id | statement | kept by |`. */
function readRow(line: string): readonly Rule[] {
  const [, id, ...cells] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
  if (id === undefined || !/^[A-Z]\d+$/.test(id)) return [];
  const keptBy = cells.at(-2) ?? '';
  return [{ id, keptBy: keptBy === 'open' ? [] : keptBy.split('<br>').map(readKeeper) }];
}

function readKeeper(text: string): { readonly path: string; readonly title: string } {
  const [, path, title] = /^`([^`]+)`: (.+)$/.exec(text) ?? [];
  if (path === undefined || title === undefined) throw new Error(`Neither 'open' nor \`file\`: title: ${text}`);
  return { path, title: title.replaceAll('\\|', '|') };
}

/** The titles of tests and suites that begin with ids, as they stand in the source. */
function titlesWithIds(text: string): readonly string[] {
  return [...text.matchAll(/(['"`])((?:\[[A-Z]\d+\] ?)+.*?)(?<!\\)\1/g)].map(([, , title = '']) =>
    title.replaceAll("\\'", "'"),
  );
}

function idsOf(title: string): readonly string[] {
  return [...title.matchAll(/\[([A-Z]\d+)\]/g)].map(([, id = '']) => id);
}

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
      const file = testFiles.find((candidate) => candidate.path === path);
      if (file === undefined) return [`${id}: there is no ${path}`];
      const there = titlesWithIds(file.text).some((known) => known === title && idsOf(known).includes(id));
      return there ? [] : [`${id}: ${path} has no test '${title}'`];
    }),
  );
  expect(wrong).toEqual([]);
});

test('no rule is called open that a test’s title carries', () => {
  const carried = new Set(testFiles.flatMap(({ text }) => titlesWithIds(text)).flatMap(idsOf));
  const open = rules.filter(({ keptBy }) => keptBy.length === 0).map(({ id }) => id);
  expect(open.filter((id) => carried.has(id))).toEqual([]);
});
