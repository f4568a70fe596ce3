/** Documents of Jupyter's own libraries, in JavaScript and in Python: we open theirs, they open ours, both edit one. */
import { YNotebook } from '@jupyter/ydoc';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import * as Y from 'yjs';
import { z } from 'zod';
import { CellId } from '../../src/hub/index.js';
import {
  allCells,
  executionState,
  fillDocument,
  findCell,
  makeStream,
  makeYOutput,
  moveCell,
  outputsOf,
  readDocument,
  readNotebook,
  setCellMetadata,
  setExecution,
  setSource,
  sourceText,
  type Notebook,
} from '../../src/notebook/index.js';
import { runPython } from './python.js';
import { everything } from './samples.js';

const CODE = CellId.parse('code');

function filled(): Y.Doc {
  const doc = new Y.Doc();
  fillDocument(doc, everything);
  const cell = findCell(doc, CODE);
  if (cell !== null) setExecution(cell, { count: 7, state: 'running' });
  return doc;
}

function ofUpdate(update: Uint8Array): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc;
}

const codeOutputs = (doc: Y.Doc): unknown => {
  const cell = findCell(doc, CODE);
  return cell === null
    ? []
    : outputsOf(cell)
        ?.toArray()
        .map((output) => [output.constructor, output.toJSON()]);
};

/** What we do to a document while the other side edits it too. */
function edit(doc: Y.Doc): void {
  setSource(doc, CODE, 'y = 2');
  const cell = findCell(doc, CODE);
  if (cell === null) return;
  outputsOf(cell)?.insert(0, [makeYOutput(makeStream('stdout', 'ours\n'))]);
  setCellMetadata(cell, 'ours', { a: [1] });
  setExecution(cell, { count: 8, state: 'idle' });
  moveCell(doc, CellId.parse('picture'), null);
}

const Answer = z.object({ notebook: z.unknown(), states: z.array(z.string().nullable()), update: z.base64() });
type Answer = z.infer<typeof Answer>;

function askPython(cases: readonly object[]): readonly Answer[] {
  const program = readFileSync(new URL('python_documents.py', import.meta.url), 'utf8');
  return z.array(Answer).parse(JSON.parse(runPython(program, JSON.stringify(cases))));
}

const base64 = (doc: Y.Doc): string => Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64');
const asNotebook = (json: unknown): Notebook => readNotebook(JSON.stringify(json)).notebook;

/** Which of two cells that were put to the end at once comes first is Yjs' choice. */
function expectOrder(cells: Notebook['cells'], added: string): void {
  const ids = cells.map(({ id }): string => id);
  expect(ids.slice(0, 4)).toEqual(['intro', 'raw', 'code', 'empty']);
  expect(ids.slice(4).sort()).toEqual([added, 'picture'].sort());
}

describe("Python's jupyter_ydoc", () => {
  let ours: Y.Doc;
  let opened: Answer;
  let made: Answer;
  let edited: Answer;

  beforeAll(() => {
    ours = filled();
    const cases = [{ update: base64(ours) }, { set: everything }, { update: base64(ours), edit: 'type_and_insert' }];
    const [first, second, third] = askPython(cases);
    if (first === undefined || second === undefined || third === undefined) throw new Error('an answer is missing');
    [opened, made, edited] = [first, second, third];
  }, 120_000);

  test('opens our document: sources, outputs, metadata, attachments, state', () => {
    expect(asNotebook(opened.notebook)).toEqual(everything);
    expect(opened.states).toEqual([null, null, null, 'running', 'idle']);
  });

  test('makes documents that we open', () => {
    const doc = ofUpdate(Buffer.from(made.update, 'base64'));
    expect(readDocument(doc)).toEqual(everything);
    expect(allCells(doc).map(executionState)).toEqual(['idle', 'idle', 'idle', 'idle', 'idle']);
    expect(codeOutputs(doc)).toMatchObject([
      [Y.Map, { text: 'one\ntwo\n' }],
      [Y.Map, {}],
      [Y.Map, {}],
      [Y.Map, {}],
      [Y.Map, {}],
    ]);
    edit(doc);
    expect(readDocument(doc).cells.find(({ id }) => id === CODE)).toMatchObject({
      source: 'y = 2',
      execution_count: 8,
    });
  });

  test('edits one with us at once', () => {
    edit(ours);
    Y.applyUpdate(ours, Buffer.from(edited.update, 'base64'));
    const { cells } = readDocument(ours);
    expectOrder(cells, 'from-python');
    expect(cells[0]?.source).toBe(`# Python was here\n${everything.cells[0]?.source ?? ''}`);
    expect(cells[2]).toMatchObject({ source: 'y = 2', execution_count: 8, metadata: { ours: { a: [1] } } });
    expect(cells.find(({ id }) => id === 'from-python')).toMatchObject({
      source: 'x = 1\nx',
      metadata: { tags: ['p'], number: 3 },
      execution_count: 4,
      outputs: [
        { output_type: 'stream', name: 'stdout', text: 'a\nb' },
        { output_type: 'execute_result', execution_count: 4, data: { 'application/json': { n: 1 } } },
      ],
    });
    const [after] = askPython([{ update: base64(ours) }]);
    expect(asNotebook(after?.notebook)).toEqual(readDocument(ours));
  }, 120_000);
});

describe("@jupyter/ydoc's YNotebook", () => {
  const stocks: YNotebook[] = [];

  beforeAll(() => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  });
  afterAll(() => {
    stocks.forEach((stock) => {
      stock.dispose();
    });
    jest.restoreAllMocks();
  });

  function stockOf(update: Uint8Array): YNotebook {
    const stock = new YNotebook();
    stocks.push(stock);
    Y.applyUpdate(stock.ydoc, update);
    return stock;
  }

  test('opens our document: sources, outputs, metadata, attachments, state', () => {
    const stock = stockOf(Y.encodeStateAsUpdate(filled()));
    expect(asNotebook(stock.toJSON())).toEqual(everything);
    expect(stock.cells.map((cell) => ('executionState' in cell ? cell.executionState : null))).toEqual([
      null,
      null,
      null,
      'running',
      'idle',
    ]);
  });

  test('makes documents that we open', () => {
    const stock = YNotebook.create({ data: JSON.parse(JSON.stringify(everything)) });
    stocks.push(stock);
    const doc = ofUpdate(Y.encodeStateAsUpdate(stock.ydoc));
    expect(readDocument(doc)).toEqual(everything);
    expect(codeOutputs(doc)).toMatchObject([
      [Y.Map, { text: 'one\ntwo\n' }],
      [Y.Map, {}],
      [Y.Map, {}],
      [Y.Map, {}],
      [Y.Map, {}],
    ]);
  });

  test('edits one with us at once', () => {
    const ours = filled();
    const stock = stockOf(Y.encodeStateAsUpdate(ours));
    stock.getCell(0).updateSource(0, 0, '# Stock was here\n');
    stock.getCell(1).setMetadata('stock', 1);
    stock.addCell({ cell_type: 'code', id: 'from-stock', source: 'x', outputs: [makeStream('stdout', 's') as never] });
    edit(ours);
    const [theirs, mine] = [Y.encodeStateAsUpdate(stock.ydoc), Y.encodeStateAsUpdate(ours)];
    Y.applyUpdate(ours, theirs);
    Y.applyUpdate(stock.ydoc, mine);
    expect(asNotebook(stock.toJSON())).toEqual(readDocument(ours));
    const { cells } = readDocument(ours);
    expectOrder(cells, 'from-stock');
    expect(cells[0]?.source).toContain('# Stock was here');
    expect(findCell(stock.ydoc, CODE)?.get('execution_count')).toBe(8);
    expect(sourceText(allCells(stock.ydoc)[2] ?? new Y.Map())?.toJSON()).toBe('y = 2');
  });
});
