/** The notebooks of ./corpus, real and nasty, against Python's nbformat; docs/conformance.md has the table. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { notebookPieces, readNotebook, writeNotebook } from '../../src/notebook/index.js';
import { corpusFiles } from './conformance/corpus.js';
import { deliberate } from './conformance/deliberate.js';
import { examineCorpus, textOf, type Examined } from './conformance/examine.js';
import { needsReason, withTable } from './conformance/table.js';

let corpus: readonly Examined[] = [];
beforeAll(() => {
  corpus = examineCorpus();
}, 120_000);

const readable = corpusFiles().flatMap(({ name, content }) => {
  try {
    return [{ name, content, notebook: readNotebook(content).notebook }];
  } catch {
    // The refused ones are judged by their rows of the table.
    return [];
  }
});

test('[C1] [C5] a notebook comes back with the bytes that nbformat writes, or for a reason that is named', () => {
  expect(corpus.length).toBeGreaterThan(200);
  const unexplained = corpus.filter((file) => needsReason(file) && deliberate[file.name] === undefined);
  expect(unexplained).toEqual([]);
});

test('no reason is given for what is no difference', () => {
  const needed = corpus.filter(needsReason).map(({ name }) => name);
  expect(Object.keys(deliberate).filter((name) => !needed.includes(name))).toEqual([]);
});

test('[C1] what is refused is named with what and where, and is only what by its name is broken', () => {
  const refused = corpus.filter(({ refusal }) => refusal !== null);
  expect(refused.filter(({ name }) => !/^by-hand\/|^collected\/nbformat\//.test(name))).toEqual([]);
  for (const { refusal } of refused) {
    expect(refusal).toMatch(/line \d|Cell \d|nbformat [\d"]|'nbformat'|'cells'|notebook is an object|UTF-8|200 deep/);
  }
});

test('the table of docs/conformance.md is that of the corpus: node scripts/conformance.mjs brings it up to date', () => {
  const page = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');
  expect(page).toBe(withTable(page, corpus));
});

describe('saved again', () => {
  test('a notebook changes no byte and tells nothing', () => {
    for (const { name, content, notebook } of readable) {
      const text = writeNotebook(notebook, textOf(content));
      const again = readNotebook(text);
      expect([name, again.notices]).toEqual([name, []]);
      expect(writeNotebook(again.notebook, text) === text ? name : `${name} differs`).toBe(name);
    }
  });

  test('in pieces it has the same text', async () => {
    for (const { name, content, notebook } of readable) {
      const pieces: string[] = [];
      const former = textOf(content);
      for await (const piece of notebookPieces(notebook, (output) => Promise.resolve([output]), former)) {
        pieces.push(piece);
      }
      expect(pieces.join('') === writeNotebook(notebook, former) ? name : `${name} differs`).toBe(name);
    }
  });
});
