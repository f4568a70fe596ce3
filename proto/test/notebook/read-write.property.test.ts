/** Reading and writing under random notebooks, random numbers and random bytes. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NotebookFormatError, readNotebook, writeNotebook } from '../../src/notebook/index.js';
import { anyNotebook } from './any-notebook.js';
import { corpusFiles } from './conformance/corpus.js';
import { nbformatSays, type SaidByNbformat } from './python.js';

const numbers = fileOfNumbers();
const notebooks = fc
  .sample(anyNotebook, { numRuns: 80, seed: 4 })
  .map((notebook) => writeNotebook(notebook))
  .filter((text) => !text.includes('__proto__'));

/** What nbformat writes for these files and finds wrong in them, by one process. */
let said: readonly SaidByNbformat[] = [];
beforeAll(() => {
  said = nbformatSays([numbers, ...notebooks].map((text) => ({ content: text, written: text })));
}, 120_000);

/** Anything that is read, or refused as a reader refuses. */
function readOrRefusal(content: string | Uint8Array): string {
  try {
    return writeNotebook(readNotebook(content).notebook);
  } catch (error) {
    if (error instanceof NotebookFormatError) return error.message;
    throw error;
  }
}

describe('[C5] random notebooks', () => {
  test('are written, read and written again without a change', () => {
    fc.assert(
      fc.property(anyNotebook, (notebook) => {
        const text = writeNotebook(notebook);
        const once = readOrRefusal(text);
        // A key that a document can't hold is left out, once.
        expect([text.includes('__proto__') ? text : once, readOrRefusal(once)]).toEqual([text, once]);
      }),
      { numRuns: 200 },
    );
  });

  test('are valid, and have the bytes that nbformat writes', () => {
    const ofNotebooks = said.slice(1);
    expect(ofNotebooks.map(({ invalid }) => invalid)).toEqual(notebooks.map(() => null));
    expect(ofNotebooks.map(({ saved }) => saved)).toEqual(notebooks);
  });
});

test('[C5] a number keeps the digits that Python writes for it, whatever digits the file has', () => {
  expect(writeNotebook(readNotebook(numbers).notebook, numbers)).toBe(said[0]?.saved);
});

/** Numbers of all spellings, in metadata and in an output, and values that are told apart by their spelling alone. */
function fileOfNumbers(): string {
  const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,24})$/);
  const fraction = fc.option(fc.stringMatching(/^\.[0-9]{1,20}$/), { nil: '' });
  const exponent = fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/), { nil: '' });
  const literal = fc.tuple(fc.constantFrom('', '-'), digits, fraction, exponent).map((parts) => parts.join(''));
  const values = `{"n": [${fc.sample(literal, { numRuns: 2_000, seed: 9 }).join(', ')}], "again": [1, 1.0, 1e0]}`;
  const cells = [values, '{"a": 1}', '{"a": 1.0, "b": 2}'].map((metadata, index) => {
    const output = `{"output_type": "display_data", "metadata": ${metadata}, "data": {"application/json": ${metadata}}}`;
    const parts = `"source": [], "execution_count": null, "outputs": [${output}]`;
    return `{"cell_type": "code", "id": "${String(index)}", "metadata": ${metadata}, ${parts}}`;
  });
  return `{"nbformat": 4, "nbformat_minor": 5, "metadata": ${values}, "cells": [${cells.join(',')}]}`;
}

describe('[C1] a reader throws nothing but that a file is no notebook', () => {
  test('for any text and any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.uint8Array()), (content) => {
        readOrRefusal(content);
      }),
    );
  });

  test('for any JSON in the places of a notebook', () => {
    const value = fc.jsonValue({ maxDepth: 2 });
    const some = fc.option(value, { nil: undefined });
    const output = fc.record({
      output_type: fc.oneof(
        value,
        fc.constantFrom('stream', 'error', 'display_data', 'execute_result', 'pyout', 'pyerr'),
      ),
      ...{ name: some, text: some, data: some, metadata: some, ename: some, traceback: some, execution_count: some },
      ...{ json: some, png: some, stream: some, prompt_number: some },
    });
    const cell = fc.record({
      cell_type: fc.oneof(value, fc.constantFrom('code', 'markdown', 'raw', 'heading', 'html')),
      outputs: fc.oneof(value, fc.array(output, { maxLength: 2 })),
      ...{ id: some, source: some, input: some, level: some, metadata: some, attachments: some, execution_count: some },
    });
    const cells = fc.oneof(value, fc.array(fc.oneof(value, cell, cell), { maxLength: 3 }));
    const file = fc.record({
      nbformat: fc.oneof(fc.constantFrom(3, 4, 4, 4), value),
      nbformat_minor: fc.oneof(fc.constantFrom(0, 4, 5), value),
      ...{
        metadata: some,
        cells,
        worksheets: fc.oneof(
          value,
          cells.map((list) => [{ cells: list }]),
        ),
      },
    });
    let read = 0;
    fc.assert(
      fc.property(file, (json) => {
        const text = JSON.stringify(json);
        const written = readOrRefusal(text);
        if (!written.startsWith('{')) return;
        read += 1;
        expect(readOrRefusal(written)).toBe(written);
      }),
      { numRuns: 1_000 },
    );
    expect(read).toBeGreaterThan(15);
  });

  test('for notebooks that were cut, or whose bytes were changed', () => {
    const files = corpusFiles().filter(({ content }) => content.length < 5_000);
    const change = fc.record({ at: fc.nat(), byte: fc.constantFrom(...Buffer.from('\0"{}[]:,\\1-eN\u00ff\n')) });
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.nat(),
        fc.array(change, { maxLength: 4 }),
        ({ content }, cut, changes) => {
          const bytes = Uint8Array.from(content.subarray(0, cut % 3 === 0 ? cut % content.length : content.length));
          for (const { at, byte } of changes) bytes[at % Math.max(bytes.length, 1)] = byte;
          readOrRefusal(bytes);
        },
      ),
      { numRuns: 600 },
    );
  });

  test('for a string of 20 MB beside NaN', () => {
    const long = 'a\\\\'.repeat(7_000_000);
    const text = `{"nbformat": 4, "nbformat_minor": 5, "metadata": {"n": NaN, "none": null, "long": "${long}"}, "cells": []}`;
    const { metadata } = readNotebook(text).notebook;
    expect([metadata['n'], metadata['none']]).toEqual([NaN, null]);
    expect(metadata['long']).toHaveLength(14_000_000);
  });
});
