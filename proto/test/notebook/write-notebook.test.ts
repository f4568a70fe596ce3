import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pythonJson } from '../../src/notebook/python-json.js';
import { makeNotebook, readNotebook, toJson, writeNotebook } from '../../src/notebook/index.js';
import { runPython, savedByNbformat, validateByNbformat } from './python.js';
import { everything } from './samples.js';

describe('[C5] a file is written byte for byte as Python writes it', () => {
  test('with one of everything', () => {
    const text = writeNotebook(everything);
    expect(savedByNbformat(text)).toBe(text);
    validateByNbformat(text);
  });

  test.each([0, 1, 2, 3, 4, 5])('opened and saved, of nbformat 4.%d', (nbformat_minor) => {
    const cells = everything.cells.filter((cell) => nbformat_minor > 0 || cell.id !== 'picture');
    const byPython = savedByNbformat(writeNotebook({ ...everything, nbformat_minor, cells }));
    const { notebook, notices } = readNotebook(byPython);
    expect(writeNotebook(notebook)).toBe(byPython);
    expect(notices).toEqual([]);
  });

  test('when it is new', () => {
    const text = writeNotebook(makeNotebook());
    expect(savedByNbformat(text)).toBe(text);
    validateByNbformat(text);
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
