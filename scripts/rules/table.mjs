/**
 * Pure: docs/rules.md, a page of tables whose last column names the tests that keep a rule, or says `open`:
 * `| id | statement | kept by |`, several tests apart by `<br>`.
 */
import { idsOf, titlesWithIds } from './titles.mjs';

/** @typedef {{ readonly path: string, readonly text: string }} SourceFile */
/** @typedef {{ readonly path: string, readonly title: string }} Keeper */
/** @typedef {{ readonly id: string, readonly keptBy: readonly Keeper[] }} Rule */

/**
 * @param {string} line
 * @returns {Rule | null} null when the line is no row of a rule
 */
export function readRow(line) {
  const [, id, ...cells] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
  if (id === undefined || !/^[A-Z]\d+$/.test(id)) return null;
  const keptBy = cells.at(-2) ?? '';
  return { id, keptBy: keptBy === 'open' ? [] : keptBy.split('<br>').map(readKeeper) };
}

/**
 * @param {string} text
 * @returns {Keeper}
 */
function readKeeper(text) {
  const [, path, title] = /^`([^`]+)`: (.+)$/.exec(text) ?? [];
  if (path === undefined || title === undefined) throw new Error(`Neither 'open' nor \`file\`: title: ${text}`);
  return { path, title: title.replaceAll('\\|', '|') };
}

/**
 * The page with its last column written anew: for each rule at most one test a file, and three in all.
 * @param {string} page
 * @param {readonly SourceFile[]} tests
 */
export function withKeepers(page, tests) {
  const titles = tests.flatMap(({ path, text }) => titlesWithIds(text).map((title) => ({ path, title })));
  return page
    .split('\n')
    .map((line) => rewriteRow(line, titles))
    .join('\n');
}

/**
 * @param {string} line
 * @param {readonly Keeper[]} titles
 */
function rewriteRow(line, titles) {
  const rule = readRow(line);
  if (rule === null) return line;
  const own = titles.filter(({ title }) => idsOf(title).includes(rule.id));
  const one = own.filter(({ path }, index) => own.findIndex((other) => other.path === path) === index);
  const cell = one.slice(0, 3).map(({ path, title }) => `\`${path}\`: ${title.replaceAll('|', '\\|')}`);
  const cells = line.split(/(?<!\\)\|/).slice(0, -2);
  return [...cells, ` ${cell.join('<br>') || 'open'} `, ''].join('|');
}
