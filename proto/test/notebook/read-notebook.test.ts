import { describe, expect, test } from '@jest/globals';
import { NotebookFormatError, readNotebook, writeNotebook } from '../../src/notebook/index.js';
import { runPython } from './python.js';
import { everything, versionThree } from './samples.js';

const file = (cells: unknown, nbformat_minor = 5): string =>
  JSON.stringify({ nbformat: 4, nbformat_minor, metadata: {}, cells });
const codeCell = (outputs: unknown, id = 'a'): object => ({
  id,
  cell_type: 'code',
  metadata: {},
  source: [],
  execution_count: null,
  outputs,
});

function faultOf(text: string): NotebookFormatError {
  try {
    readNotebook(text);
  } catch (error) {
    if (error instanceof NotebookFormatError) return error;
    throw error;
  }
  throw new Error('the file was read');
}

test('[C5] multi-line strings are joined, never those of JSON MIME types or attachments', () => {
  const bundle = { 'text/plain': ['a\n', 'b'], 'image/svg+xml': ['c', 'd'], 'application/x+json': ['e', 'f'] };
  const attached = { id: 'b', cell_type: 'markdown', metadata: {}, source: ['# A\n', 'b'], attachments: { a: bundle } };
  const outputs = [
    { output_type: 'display_data', metadata: {}, data: bundle },
    { output_type: 'stream', name: 'stdout', text: ['x\n', 'y'] },
  ];
  const { notebook, notices } = readNotebook(file([codeCell(outputs), attached]));
  expect(notices).toEqual([]);
  expect(notebook.cells).toMatchObject([
    {
      source: '',
      outputs: [
        { data: { 'text/plain': 'a\nb', 'image/svg+xml': 'cd', 'application/x+json': ['e', 'f'] } },
        { text: 'x\ny' },
      ],
    },
    { source: '# A\nb', attachments: { a: bundle } },
  ]);
});

describe('[C4] cell ids', () => {
  test('are kept, made where missing, and made unique without losing a cell', () => {
    const nameless = { ...codeCell([]), id: undefined };
    const { notebook, notices } = readNotebook(file([codeCell([]), codeCell([]), nameless, codeCell([], 'not valid')]));
    const ids = notebook.cells.map((cell) => cell.id);
    expect(ids[0]).toBe('a');
    expect(new Set(ids).size).toBe(4);
    expect(ids.every((id) => /^[\w-]{1,64}$/.test(id))).toBe(true);
    expect(notices).toEqual([expect.stringContaining('Cell 2'), expect.stringContaining('Cell 4')]);
  });

  test('are made for a file that has none, and do not get into it', () => {
    const old = { cell_type: 'markdown', metadata: {}, source: ['a'] };
    const { notebook } = readNotebook(file([old, old], 4));
    expect(new Set(notebook.cells.map((cell) => cell.id)).size).toBe(2);
    expect(JSON.parse(writeNotebook(notebook))).toEqual(JSON.parse(file([old, old], 4)));
  });
});

test('[C1] nbformat 3 is read as Python reads it', () => {
  const { notebook } = readNotebook(JSON.stringify(versionThree));
  const byPython = runPython(
    'import sys, nbformat; print(nbformat.writes(nbformat.reads(sys.stdin.read(), as_version=4)))',
    JSON.stringify(versionThree),
  );
  const withoutIds = (text: string): unknown => JSON.parse(text.replace(/"id": "[^"]*"/g, '"id": ""'));
  expect(withoutIds(writeNotebook(notebook))).toEqual(withoutIds(byPython));
  expect(notebook.cells[0]).toMatchObject({ cell_type: 'markdown', source: '## A heading of two lines' });
});

describe('[C1] what can not be read is refused with what and where', () => {
  test.each([
    ['{\n "cells": [\n  1,,\n ]\n}', 3, 'a value should stand here, but there is ","'],
    ['{"cells": [\n', 2, 'the file ends'],
    ['{"a": 1\n"b": 2}', 2, "',' or '}'"],
    ['{"a" 1}', 1, "':'"],
    ["{\n\n'a': 1}", 3, 'a key in double quotes'],
    ['{"a": "b\n"}', 1, 'a whole string'],
    ['{"a": "\\x"}', 1, 'a whole string'],
    ['{} \n x', 2, 'the end of the file'],
    ['', 1, 'a value'],
    ['['.repeat(100_000), 1, 'less deep nesting'],
    ['<<<<<<< HEAD\n{}', 1, 'there is "<"'],
  ])('broken JSON %#', (text, line, message) => {
    const fault = faultOf(text);
    expect(fault.line).toBe(line);
    expect(fault.message).toContain(message);
    expect(fault.message).toContain(`line ${line}`);
  });

  test.each([
    ['[]', 'a notebook is an object'],
    ['{}', "it has no 'nbformat'"],
    ['{"nbformat": 2}', 'nbformat 2 is not known'],
    ['{"nbformat": 5, "nbformat_minor": 0}', 'nbformat 5 is not known'],
    ['{"nbformat": 4, "nbformat_minor": 9}', 'nbformat 4.9 is not known'],
    ['{"nbformat": 4, "nbformat_minor": 5}', "no list 'cells'"],
    [file([{ cell_type: 'heading' }]), 'Cell 1 has the unknown type "heading"'],
    [file([codeCell([]), 5]), 'Cell 2 is not an object'],
    [file([{ ...codeCell([]), source: 5 }]), "Cell 1: 'source' is neither"],
    [file([codeCell({})]), "Cell 1: 'outputs' is not a list"],
    [file([codeCell([{ output_type: 'pyout' }])]), 'Cell 1, output 1 has the unknown type "pyout"'],
    [file([codeCell([{ output_type: 'stream', name: 'stdout', text: [1] }])]), "Cell 1, output 1: 'text'"],
    [file([codeCell([{ output_type: 'display_data', data: [] }])]), "'data' is not an object"],
    [file([codeCell([{ output_type: 'error', traceback: 'x' }])]), "'traceback' is not a list"],
  ])('sound JSON that is no notebook %#', (text, message) => {
    const fault = faultOf(text);
    expect(fault.line).toBeNull();
    expect(fault.message).toContain(message);
  });
});

test('what is not kept is told', () => {
  const text = JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [{ ...codeCell([]), x: 1 }],
    y: 1,
  });
  expect(readNotebook(text).notices).toEqual([
    'The notebook has keys that nbformat does not know and that are not kept: y.',
    'Cell 1 has keys that nbformat does not know and that are not kept: x.',
  ]);
});

test('NaN and the infinities, which Python writes, are read and written', () => {
  const data = '{"application/json":{"a":[NaN,Infinity,-Infinity,-1.5e+3,"NaN"]}}';
  const text = file([codeCell([{ output_type: 'display_data', metadata: {}, data: 0 }])]).replace(
    '"data":0',
    `"data":${data}`,
  );
  const { notebook } = readNotebook(text);
  expect(notebook.cells[0]).toMatchObject({
    outputs: [{ data: { 'application/json': { a: [NaN, Infinity, -Infinity, -1500, 'NaN'] } } }],
  });
  expect(writeNotebook(notebook)).toContain('NaN,\n');
});

test('a byte order mark is no fault', () => {
  expect(readNotebook(`\ufeff${writeNotebook(everything)}`).notebook).toEqual(everything);
});
