import { YNotebook } from '@jupyter/ydoc';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as Y from 'yjs';
import { CellId, ParticipantId, RunId } from '../../src/hub/index.js';
import {
  cellMetadata,
  cellsArray,
  fillDocument,
  findCell,
  makeNotebook,
  metaOf,
  outputsOf,
  readDocument,
  readNotebook,
  setCellMetadata,
  setExecution,
  setRunMetadata,
  sourceText,
  writeNotebook,
  type YCell,
} from '../../src/notebook/index.js';
import { everything } from './samples.js';

function filled(): Y.Doc {
  const doc = new Y.Doc();
  fillDocument(doc, everything);
  return doc;
}

function codeOf(doc: Y.Doc): YCell {
  const cell = findCell(doc, CellId.parse('code'));
  if (cell === null) throw new Error('the sample has a code cell');
  return cell;
}

/** Stock documents hold a timer until they are disposed of. */
const opened: YNotebook[] = [];
beforeEach(() => {
  // The stock library reads types before they are in a document, and Yjs warns.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  opened.splice(0).forEach((stock) => {
    stock.dispose();
  });
});

/** A stock client's document that is in sync with ours from now on. */
function stockTwin(doc: Y.Doc): YNotebook {
  const stock = new YNotebook();
  opened.push(stock);
  const join = (from: Y.Doc, to: Y.Doc): void => {
    Y.applyUpdate(to, Y.encodeStateAsUpdate(from));
    from.on('update', (update: Uint8Array) => {
      Y.applyUpdate(to, update);
    });
  };
  join(doc, stock.ydoc);
  join(stock.ydoc, doc);
  return stock;
}

test('a filled document reads as the notebook it was filled with', () => {
  expect(readDocument(filled())).toEqual(everything);
});

test('a document is filled in one update, and only once', () => {
  const doc = new Y.Doc();
  let updates = 0;
  doc.on('update', () => (updates += 1));
  fillDocument(doc, everything);
  expect(updates).toBe(1);
  expect(() => {
    fillDocument(doc, everything);
  }).toThrow('filled once');
});

test('[C7] a snapshot does not change with the document, nor under its reader', () => {
  const doc = filled();
  const snapshot = readDocument(doc);
  sourceText(codeOf(doc))?.insert(0, 'changed');
  outputsOf(codeOf(doc))?.delete(0, 2);
  setCellMetadata(codeOf(doc), 'tags', ['x']);
  expect(snapshot).toEqual(everything);
  const frozen: unknown[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      frozen.push(value);
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(visit);
    }
  };
  visit(snapshot);
  expect(frozen.length).toBeGreaterThan(30);
});

describe("against @jupyter/ydoc's YNotebook", () => {
  test('it opens ours and sees the same notebook', () => {
    const stock = stockTwin(filled());
    expect(readNotebook(JSON.stringify(stock.toJSON())).notebook).toEqual(everything);
    const output = stock.ydoc.getArray<YCell>('cells').get(3);
    expect(outputsOf(output)?.get(0)).toBeInstanceOf(Y.Map);
    expect(outputsOf(output)?.get(0).get('text')).toBeInstanceOf(Y.Text);
  });

  test('we read its documents', () => {
    const stock = YNotebook.create({ data: JSON.parse(JSON.stringify(everything)) });
    opened.push(stock);
    expect(writeNotebook(readDocument(stock.ydoc))).toBe(writeNotebook(everything));
  });

  test('both edit at once and see the same in the end', () => {
    const doc = filled();
    const stock = stockTwin(doc);
    stock.insertCell(1, { cell_type: 'code', id: 'new', source: 'x = 1', metadata: { a: 1 } });
    stock.getCell(0).setSource('# Other title');
    setExecution(codeOf(doc), { count: 8, state: 'running' });
    sourceText(codeOf(doc))?.insert(0, '# ');
    expect(readDocument(doc)).toEqual(readDocument(stock.ydoc));
    expect(readDocument(doc).cells[1]).toMatchObject({ id: 'new', source: 'x = 1', metadata: { a: 1 }, outputs: [] });
    expect(stock.getCell(4)).toMatchObject({ execution_count: 8, executionState: 'running' });
  });
});

test('what a client wrote wrongly is read as well as possible', () => {
  const doc = filled();
  const cells = doc.getArray<unknown>('cells');
  cells.insert(0, ['text', new Y.Map<unknown>([['cell_type', 'odd']]), new Y.Map<unknown>([['cell_type', 'code']])]);
  const plain = { output_type: 'stream', name: 'x', text: ['a\n', 'b'] };
  outputsOf(codeOf(doc))?.insert(0, [
    new Y.Map<unknown>([
      ['data', 'no'],
      ['metadata', new Uint8Array(2)],
    ]),
  ]);
  codeOf(doc).set(
    'outputs',
    Y.Array.from<number | Record<string, unknown>>([plain, 5, { output_type: 'error', traceback: [1, 'l'] }]),
  );
  codeOf(doc).set('execution_count', 'x');
  metaOf(doc).set('metadata', 'none');
  const { metadata, cells: read } = readDocument(doc);
  expect(metadata).toEqual({});
  expect(read).toHaveLength(7);
  expect(read[0]).toEqual({ id: 'unnamed-0', cell_type: 'raw', source: '', metadata: {} });
  expect(read.find((cell) => cell.id === 'code')).toMatchObject({
    execution_count: null,
    outputs: [
      { output_type: 'stream', name: 'stdout', text: 'a\nb' },
      { output_type: 'display_data', data: {}, metadata: {} },
      { output_type: 'error', ename: '', evalue: '', traceback: ['l'] },
    ],
  });
  expect(() => writeNotebook(readDocument(doc))).not.toThrow();
});

test("a run's times and author get into the metadata beside what is there", () => {
  const doc = filled();
  const cell = codeOf(doc);
  setCellMetadata(cell, 'cokernel', { author: { name: 'Ben', client: 'terminal' } });
  const author = { participantId: ParticipantId.parse('p'), name: 'Ann' };
  const run = { author, runId: RunId.parse('run-1') };
  setRunMetadata(cell, { ...run, state: 'running', times: { busy: 'T1', executeInput: 'T2' } });
  setRunMetadata(cell, { ...run, state: 'succeeded', times: { replyStarted: 'T2', executeReply: 'T3', idle: 'T4' } });
  expect(cellMetadata(cell)).toEqual({
    collapsed: true,
    jupyter: { outputs_hidden: true },
    execution: {
      'iopub.status.busy': 'T1',
      'iopub.execute_input': 'T2',
      'shell.execute_reply.started': 'T2',
      'shell.execute_reply': 'T3',
      'iopub.status.idle': 'T4',
    },
    cokernel: { author: { name: 'Ben', client: 'terminal' }, run: { ...run, state: 'succeeded' } },
  });
  setRunMetadata(cell, { author, runId: RunId.parse('run-2'), state: 'queued' });
  expect(cellMetadata(cell)['execution']).toBeUndefined();
});

test('a new notebook has one empty code cell', () => {
  const doc = new Y.Doc();
  fillDocument(doc, makeNotebook());
  expect(readDocument(doc).cells).toMatchObject([{ cell_type: 'code', source: '', outputs: [] }]);
  expect(cellsArray(doc).get(0).get('execution_state')).toBe('idle');
});
