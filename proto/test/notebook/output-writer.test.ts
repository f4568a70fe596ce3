import { beforeEach, describe, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { CellId, RunId, TextId } from '../../src/hub/index.js';
import {
  cellsArray,
  changeCellType,
  clearOutputs,
  deleteCell,
  fillDocument,
  findCell,
  insertCell,
  makeCodeCell,
  makeNotebook,
  moveCell,
  outputsOf,
  OutputWriter,
  readDocument,
  writeNotebook,
  type Output,
  type OutputEdit,
} from '../../src/notebook/index.js';

const A = CellId.parse('a');
const B = CellId.parse('b');
const RUN = RunId.parse('run-1');
const OTHER = RunId.parse('run-2');

const stream = (text: string, name: 'stdout' | 'stderr' = 'stdout'): Output => ({ output_type: 'stream', name, text });
const shown = (value: string): Output => ({ output_type: 'display_data', data: { 'text/plain': value }, metadata: {} });
const append = (output: Output, displayId?: string): OutputEdit => ({
  type: 'append',
  output,
  ...(displayId === undefined ? {} : { displayId }),
});
const replaceText = (index: number, from: number, text: string): OutputEdit => ({
  type: 'replaceText',
  index,
  from,
  text,
});
const update = (displayId: string, value: string): OutputEdit => ({
  type: 'updateDisplay',
  displayId,
  data: { 'text/plain': value },
  metadata: { new: true },
});

let doc: Y.Doc;
let writer: OutputWriter;

beforeEach(() => {
  doc = new Y.Doc();
  fillDocument(
    doc,
    makeNotebook([
      { ...makeCodeCell(), id: A },
      { ...makeCodeCell(), id: B },
    ]),
  );
  writer = new OutputWriter(doc);
  writer.begin(RUN, A);
});

function outputs(id: CellId): readonly Output[] {
  const cell = readDocument(doc).cells.find((candidate) => candidate.id === id);
  return cell?.cell_type === 'code' ? cell.outputs : [];
}

test('edits are one transaction with its origin, in the schema of stock clients', () => {
  const updates: unknown[] = [];
  doc.on('update', (_update: Uint8Array, origin: unknown) => updates.push(origin));
  const edits = [append(stream('ab')), append(shown('d')), replaceText(0, 1, 'xyz'), append(stream('e', 'stderr'))];
  expect(writer.apply(RUN, edits, 'hub')).toEqual({ outcome: 'written' });
  expect(updates).toEqual(['hub']);
  expect(outputs(A)).toEqual([stream('axyz'), shown('d'), stream('e', 'stderr')]);
  const first = outputsOf(cellsArray(doc).get(0))?.get(0);
  expect(first).toBeInstanceOf(Y.Map);
  expect(first?.get('text')).toBeInstanceOf(Y.Text);
});

test('text that continues is appended, not written anew', () => {
  writer.apply(RUN, [append(stream('one\n'))]);
  const sizes: number[] = [];
  doc.on('update', (bytes: Uint8Array) => sizes.push(bytes.length));
  writer.apply(RUN, [replaceText(0, 4, 'x'.repeat(10_000))]);
  writer.apply(RUN, [replaceText(0, 10_004, '!')]);
  expect(sizes[1]).toBeLessThan(60);
  expect(outputs(A)).toEqual([stream(`one\n${'x'.repeat(10_000)}!`)]);
});

test('a clear takes all outputs of the cell, and the count begins anew', () => {
  insertCell(doc, 0, { ...makeCodeCell(), id: CellId.parse('c'), outputs: [stream('old')] });
  writer.begin(OTHER, CellId.parse('c'));
  writer.apply(OTHER, [
    { type: 'clear' },
    append(stream('a')),
    { type: 'clear' },
    append(stream('b')),
    replaceText(0, 1, 'c'),
  ]);
  expect(outputs(CellId.parse('c'))).toEqual([stream('bc')]);
});

describe('[X7] another writer goes on where the first one stopped:', () => {
  const resumed = (index: number, length: number, appended: number): OutputWriter => {
    const next = new OutputWriter(doc);
    next.resume(RUN, A, { appended, openStreams: [{ index, name: 'stdout', length }] });
    return next;
  };

  test('text goes to the end of the stream that is still open', () => {
    writer.apply(RUN, [append(shown('1')), append(stream('one\n'))]);
    resumed(1, 4, 2).apply(RUN, [replaceText(1, 4, 'two\n')]);
    expect(outputs(A)).toEqual([shown('1'), stream('one\ntwo\n')]);
  });

  test('what a client took away is not written again, and text counts on from there', () => {
    writer.apply(RUN, [append(stream('one\n'))]);
    clearOutputs(doc, A);
    writer.apply(RUN, [replaceText(0, 4, 'two\n')]);
    resumed(0, 8, 1).apply(RUN, [replaceText(0, 8, 'three\n'), replaceText(0, 8, '3\n')]);
    expect(outputs(A)).toEqual([stream('two\n3\n')]);
  });

  test('[J17] displays of the first are updated by the second', () => {
    writer.apply(RUN, [append(shown('1'), 'x')]);
    resumed(0, 0, 1).apply(RUN, [update('x', 'new')]);
    expect(outputs(A)).toEqual([{ ...shown('new'), metadata: { new: true } }]);
  });
});

describe('[X5] the reference to a whole text', () => {
  const stored = (from: number, to: number): OutputEdit => ({
    type: 'storeText',
    index: 0,
    stored: { id: TextId.parse('t.0'), sha256: null, bytes: 100, gap: { from, to } },
  });

  test('stands beside the output', () => {
    writer.apply(RUN, [append(stream('head…tail')), stored(4, 5)]);
    expect(outputs(A)[0]).toMatchObject({ text: 'head…tail', stored: { id: 't.0', gap: { from: 4, to: 5 } } });
    expect(writer.textOf(RUN, 0)).toBe('head…tail');
  });

  test('counts from the beginning of what began anew, where a client took the output away', () => {
    writer.apply(RUN, [append(stream('head'))]);
    clearOutputs(doc, A);
    expect(writer.textOf(RUN, 0)).toBeNull();
    writer.apply(RUN, [replaceText(0, 4, '…tail'), stored(4, 5)]);
    expect(outputs(A)[0]).toMatchObject({ text: '…tail', stored: { gap: { from: 0, to: 1 } } });
  });

  test('of an output that is gone is left out', () => {
    writer.apply(RUN, [append(stream('head'))]);
    clearOutputs(doc, A);
    writer.apply(RUN, [stored(4, 5)]);
    expect(outputs(A)).toEqual([]);
  });
});

describe('[J17] displays', () => {
  test('are updated in whatever cell they stand and whoever ran it, also after that run', () => {
    writer.apply(RUN, [append(shown('1'), 'x'), append(shown('2'), 'y'), append(shown('3'), 'x')]);
    writer.finish(RUN);
    writer.begin(OTHER, B);
    writer.apply(OTHER, [append(shown('4'), 'x'), update('x', 'new'), update('unknown', 'z')]);
    const updated = { ...shown('new'), metadata: { new: true } };
    expect(outputs(A)).toEqual([updated, shown('2'), updated]);
    expect(outputs(B)).toEqual([updated]);
  });

  test('the id is not saved', () => {
    writer.apply(RUN, [append(shown('1'), 'secret-id')]);
    expect(writeNotebook(readDocument(doc))).not.toContain('secret-id');
  });

  test('are found by the next writer in a cell that was moved', () => {
    writer.apply(RUN, [append(shown('1'), 'x')]);
    moveCell(doc, A, null);
    const next = new OutputWriter(doc);
    next.begin(OTHER, B);
    next.apply(OTHER, [update('x', 'new')]);
    expect(outputs(A)).toEqual([{ ...shown('new'), metadata: { new: true } }]);
  });

  test('follow their cell when it is moved, and are forgotten when deleted', () => {
    writer.apply(RUN, [append(stream('s')), append(shown('1'), 'x')]);
    moveCell(doc, A, null);
    writer.apply(RUN, [update('x', 'new')]);
    expect(outputs(A)[1]).toEqual({ ...shown('new'), metadata: { new: true } });
    clearOutputs(doc, A);
    writer.apply(RUN, [update('x', 'newer')]);
    expect(outputs(A)).toEqual([]);
  });
});

describe('what clients do to the cell meanwhile', () => {
  test('other cells and outputs that come and go do not lead text astray', () => {
    writer.apply(RUN, [append(shown('d')), append(stream('ab'))]);
    insertCell(doc, 0, makeCodeCell());
    outputsOf(cellsArray(doc).get(1))?.delete(0, 1);
    writer.apply(RUN, [replaceText(1, 2, 'c')]);
    expect(outputs(A)).toEqual([stream('abc')]);
  });

  test('text for an output that was deleted begins a new one and goes on there', () => {
    writer.apply(RUN, [append(stream('line 1\n')), append(stream('e', 'stderr'))]);
    clearOutputs(doc, A);
    writer.apply(RUN, [replaceText(0, 7, 'line 2')]);
    writer.apply(RUN, [replaceText(0, 13, '!\n'), replaceText(1, 1, 'f')]);
    writer.apply(RUN, [replaceText(0, 7, 'LINE 2\n')]);
    expect(outputs(A)).toEqual([stream('LINE 2\n'), stream('f', 'stderr')]);
  });

  test('a moved cell goes on getting its text, in place', () => {
    writer.apply(RUN, [append(shown('d')), append(stream('ab'))]);
    moveCell(doc, A, null);
    expect(writer.apply(RUN, [replaceText(1, 2, 'c')])).toEqual({ outcome: 'written' });
    expect(outputs(A)).toEqual([shown('d'), stream('abc')]);
  });

  test('a deleted cell swallows its outputs, while displays elsewhere are updated', () => {
    writer.begin(OTHER, B);
    writer.apply(OTHER, [append(shown('1'), 'x')]);
    deleteCell(doc, A);
    expect(writer.apply(RUN, [append(stream('a')), replaceText(0, 1, 'b'), update('x', 'new')])).toEqual({
      outcome: 'cellGone',
    });
    expect(readDocument(doc).cells).toHaveLength(1);
    expect(outputs(B)).toEqual([{ ...shown('new'), metadata: { new: true } }]);
  });

  test('a deletion that is undone gives the cell its outputs again, with the right count', () => {
    const undo = new Y.UndoManager(cellsArray(doc), { trackedOrigins: new Set(['ann']) });
    deleteCell(doc, A, 'ann');
    writer.apply(RUN, [append(stream('lost'))]);
    undo.undo();
    expect(findCell(doc, A)).not.toBeNull();
    writer.apply(RUN, [append(stream('kept', 'stderr')), replaceText(1, 4, '!'), replaceText(0, 4, ' and found')]);
    expect(outputs(A)).toEqual([stream('kept!', 'stderr'), stream(' and found')]);
    undo.destroy();
  });

  test('a cell that became Markdown swallows its outputs too', () => {
    changeCellType(doc, A, 'markdown');
    expect(writer.apply(RUN, [append(stream('a'))])).toEqual({ outcome: 'cellGone' });
  });
});

test('output of a run that was not begun, or is finished, is a fault of the caller', () => {
  writer.finish(RUN);
  expect(() => writer.apply(RUN, [])).toThrow('run-1');
});
