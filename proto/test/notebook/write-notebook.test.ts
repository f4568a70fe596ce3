import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CellId } from '../../src/hub/index.js';
import { pythonJson } from '../../src/notebook/python-json.js';
import { makeNotebook, readNotebook, toJson, writeNotebook } from '../../src/notebook/index.js';
import { nbformatSays, runPython } from './python.js';
import { everything } from './samples.js';

describe('[C5] a file is written byte for byte as Python writes it', () => {
  test('with one of everything, of each minor, and when it is new', () => {
    const minors = [0, 1, 2, 3, 4, 5].map((nbformat_minor) => ({ ...everything, nbformat_minor }));
    const texts = [...minors, makeNotebook()].map((notebook) => writeNotebook(notebook));
    const said = nbformatSays(texts.map((text) => ({ content: text, written: text })));
    expect(said).toEqual(texts.map((text) => ({ refusal: null, saved: text, invalid: null })));
    for (const text of texts) {
      const { notebook, notices } = readNotebook(text);
      expect([writeNotebook(notebook), notices]).toEqual([text, []]);
    }
  });

  test('with any strings, keys and numbers', () => {
    const values = fc.sample(
      fc.array(
        fc.oneof(
          fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
          fc.double({ noNaN: true, noInteger: true }),
          fc.integer(),
          fc.dictionary(fc.string({ unit: 'binary' }), fc.constant(null)),
        ),
      ),
      { numRuns: 300, seed: 7 },
    );
    const wholeFloatsAsInts =
      'def whole(v): return {k: whole(x) for k, x in v.items()} if isinstance(v, dict) else [whole(x) for x in v] if isinstance(v, list) else int(v) if isinstance(v, float) and v.is_integer() and abs(v) < 2**53 and str(v) != "-0.0" else v';
    const byPython = runPython(
      [
        'import sys, json',
        wholeFloatsAsInts,
        'value = whole(json.load(sys.stdin))',
        "sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, separators=(',', ': ')))",
      ].join('\n'),
      JSON.stringify(values),
    );
    expect(pythonJson(toJson(JSON.parse(JSON.stringify(values))))).toBe(byPython);
  });
});

test('what must not be in a file is left out', () => {
  const [first] = everything.cells;
  const cells = first === undefined ? [] : [{ ...first, metadata: { trusted: true, tags: [] } }];
  const text = writeNotebook({ ...everything, metadata: { orig_nbformat: 3, signature: 'x', kept: 1 }, cells });
  expect(readNotebook(text).notebook).toMatchObject({ metadata: { kept: 1 }, cells: [{ metadata: { tags: [] } }] });
  expect(text).not.toContain('trusted');
  expect(text).not.toContain('orig_nbformat');
});

describe('[C5] numbers keep the spelling of the former text', () => {
  const cell = (id: string, metadata: string): string =>
    `{"cell_type": "raw", "id": "${id}", "metadata": ${metadata}, "source": []}`;
  const fileOf = (...cells: string[]): string =>
    `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [${cells.join(',')}]}`;
  const former = fileOf(cell('a', '{"zoom": 1.0}'), cell('b', '{"zoom": 1}'), cell('c', '{"other": 2.50}'));
  const zooms = (text: string): readonly string[] =>
    [...text.matchAll(/"zoom": (\S+)/g)].map((match) => match[1] ?? '');

  test('in its order, where equal values are told apart by it alone', () => {
    const { notebook } = readNotebook(former);
    expect(zooms(writeNotebook(notebook, former))).toEqual(['1.0', '1']);
    expect(zooms(writeNotebook(notebook))).toEqual(['1', '1']);
  });

  test('in a copy, and not where the value is another', () => {
    const { notebook } = readNotebook(former);
    const copies = [...notebook.cells, ...notebook.cells, ...notebook.cells].map((each, index) => ({
      ...each,
      id: CellId.parse(`copy-${String(index)}`),
      metadata: index === 8 ? { zoom: 3 } : each.metadata,
    }));
    expect(zooms(writeNotebook({ ...notebook, cells: copies }, former))).toEqual(['1.0', '1', '1', '1', '1', '1', '3']);
  });

  test.each(['', '[1.0]', '{"cells": [1.0, {"outputs": 1.0}], "metadata": [1.0]}', '{"metadata": 1.0', '<<<< 1.0'])(
    'of which %p has none',
    (text) => {
      const { notebook } = readNotebook(former);
      expect(writeNotebook(notebook, text)).toBe(writeNotebook(notebook));
    },
  );
});
