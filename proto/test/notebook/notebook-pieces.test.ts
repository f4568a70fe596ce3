/** A file written in pieces is the file that is written whole. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeNotebook, notebookPieces, writeNotebook, type Notebook } from '../../src/notebook/index.js';
import { anyNotebook } from './any-notebook.js';
import { everything } from './samples.js';

async function written(notebook: Notebook): Promise<string> {
  let text = '';
  for await (const piece of notebookPieces(notebook, (output) => Promise.resolve([output]))) text += piece;
  return text;
}

test.each([
  ['one of everything', everything],
  ['no cells', makeNotebook([])],
  ['cells without ids', { ...everything, nbformat_minor: 4 }],
  ['metadata that look like what is left open', { ...everything, metadata: { cells: [], outputs: ['…', '[]'] } }],
])('a notebook with %s', async (_, notebook) => {
  expect(await written(notebook)).toBe(writeNotebook(notebook));
});

test('any notebook', async () => {
  await fc.assert(
    fc.asyncProperty(anyNotebook, async (notebook) => {
      expect(await written(notebook)).toBe(writeNotebook(notebook));
    }),
  );
});
