/** The hub's copy of a document and clients that edit at once: what is typed is not lost by a move. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CellId } from '@cokernel/proto/hub';
import {
  changeCellType,
  deleteCell,
  fillDocument,
  findCell,
  insertCell,
  makeCodeCell,
  makeMarkdownCell,
  makeNotebook,
  moveCell,
  pasteCells,
  readDocument,
  setCellMetadata,
  setExecution,
  setSource,
  outputsOf,
  makeYOutput,
  makeStream,
  cellsArray,
  cutCells,
  type JsonValue,
} from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import { ClientCopy, HubCopy, moveAsStock } from '../support/copies.js';

const A = CellId.parse('a');
const B = CellId.parse('b');
const C = CellId.parse('c');

let hub: HubCopy;
let ann: ClientCopy;
let ben: ClientCopy;

beforeEach(() => {
  hub = new HubCopy();
  fillDocument(
    hub.doc,
    makeNotebook([
      { ...makeCodeCell('first'), id: A, metadata: { name: 'one' } },
      { ...makeCodeCell('second'), id: B },
      { ...makeMarkdownCell('third'), id: C },
    ]),
  );
  ann = new ClientCopy(hub);
  ben = new ClientCopy(hub);
});

function setMetadataOf({ doc }: ClientCopy, id: CellId, key: string, value: JsonValue | undefined): void {
  const cell = findCell(doc, id);
  if (cell === null) throw new Error(`no cell ${id}`);
  setCellMetadata(cell, key, value);
}

const metadataOf = (id: CellId): unknown => readDocument(hub.doc).cells.find((cell) => cell.id === id)?.metadata;

const moves: [string, () => void][] = [
  ['the hub', () => hub.write(() => moveCell(hub.doc, A, null))],
  [
    'a stock client',
    () => {
      moveAsStock(ben.doc, A, 2);
      ben.send();
    },
  ],
  [
    'a stock client that was away',
    () => {
      moveAsStock(ben.doc, A, 2);
      ben.comeBack();
    },
  ],
];

describe.each(moves)('[X1] a move by %s keeps', (_by, move) => {
  test('what is typed into the old cell later, key by key, and deletions there', () => {
    move();
    ann.type(A, 5, ' typed');
    ann.type(A, 11, ' more');
    ann.type(A, 0, '>');
    ann.text(A).delete(1, 1);
    ann.send();
    expect(hub.sources).toEqual({ a: '>irst typed more', b: 'second', c: 'third' });
    expect(hub.order).toBe('bca');
  });

  test('what was typed before it without the mover having seen it', () => {
    ann.type(A, 2, '-mine-');
    ann.text(A).delete(0, 1);
    ann.send();
    move();
    expect(hub.sources['a']).toBe('i-mine-rst');
  });

  test('what comes back after an absence, twice', () => {
    move();
    ann.type(A, 5, ' typed');
    ann.comeBack();
    ann.comeBack();
    expect(hub.sources['a']).toBe('first typed');
    ann.take();
    expect(readDocument(ann.doc)).toEqual(readDocument(hub.doc));
    ann.type(A, 0, 'new ');
    ann.send();
    expect(hub.sources['a']).toBe('new first typed');
  });

  test('edits of three at once, also those in the new cell', () => {
    const cy = new ClientCopy(hub);
    move();
    cy.take();
    cy.type(A, 5, ' [cy]');
    ann.type(A, 5, ' [ann]');
    cy.send();
    ann.send();
    ann.type(A, 3, '!');
    ann.send();
    expect(hub.sources['a']).toContain(' [cy]');
    expect(hub.sources['a']).toContain(' [ann]');
    expect(hub.sources['a']).toMatch(/^fir!st/);
  });

  test('edits through two moves', () => {
    move();
    ben.take();
    hub.write(() => moveCell(hub.doc, A, B));
    ben.type(A, 0, 'ben ');
    ann.type(A, 5, ' ann');
    ben.send();
    ann.send();
    expect(hub.sources['a']).toBe('ben first ann');
  });

  test('what comes after the hub was killed and started again', () => {
    move();
    ann.type(A, 5, ' one');
    ann.send();
    hub.restart();
    ann.type(A, 9, ' two');
    ann.send();
    hub.restart();
    ann.type(A, 0, 'zero ');
    ann.comeBack();
    expect(hub.sources['a']).toBe('zero first one two');
  });

  test('nothing of it after its time', () => {
    move();
    hub.now = 2000;
    ann.type(A, 5, ' typed');
    setMetadataOf(ann, A, 'tags', ['late']);
    ann.send();
    expect(hub.sources['a']).toBe('first');
    expect(metadataOf(A)).toEqual({ name: 'one' });
  });

  test('the metadata that is set on the old cell later, anew, again and by two, and what is removed there', () => {
    move();
    setMetadataOf(ann, A, 'tags', ['ann']);
    setMetadataOf(ann, A, 'tags', ['ann', 'again']);
    ann.send();
    expect(metadataOf(A)).toEqual({ name: 'one', tags: ['ann', 'again'] });
    const cy = new ClientCopy(hub);
    setMetadataOf(ann, A, 'name', undefined);
    ann.send();
    expect(metadataOf(A)).toEqual({ tags: ['ann', 'again'] });
    setMetadataOf(cy, A, 'name', 'cy');
    cy.send();
    ann.comeBack();
    ann.comeBack();
    expect(metadataOf(A)).toEqual({ name: 'cy', tags: ['ann', 'again'] });
    ann.take();
    expect(readDocument(ann.doc)).toEqual(readDocument(hub.doc));
  });

  test('metadata that two set on the old cell at once, through another move and a restart of the hub', () => {
    const cy = new ClientCopy(hub);
    move();
    setMetadataOf(ann, A, 'name', 'ann');
    ann.send();
    hub.restart();
    hub.write(() => moveCell(hub.doc, A, B));
    setMetadataOf(cy, A, 'name', 'cy');
    setMetadataOf(cy, A, 'more', null);
    cy.comeBack();
    expect(metadataOf(A)).toEqual({ name: 'cy', more: null });
  });
});

test('[X1] attachments that are pasted into a cell while it is moved are in it', () => {
  const image = { 'plot.png': { 'image/png': 'aGk=' } };
  hub.write(() => moveCell(hub.doc, C, A));
  findCell(ann.doc, C)?.set('attachments', image);
  ann.type(C, 0, '![](attachment:plot.png) ');
  ann.send();
  expect(readDocument(hub.doc).cells[0]).toMatchObject({
    source: '![](attachment:plot.png) third',
    attachments: image,
  });
});

test('[X1] what is set on a cell that was deleted is in it when the deletion is undone', () => {
  const undo = new Y.UndoManager(cellsArray(ben.doc));
  deleteCell(ben.doc, A);
  ben.send();
  setMetadataOf(ann, A, 'tags', ['late']);
  ann.send();
  hub.restart();
  ben.take();
  undo.undo();
  ben.send();
  expect(metadataOf(A)).toEqual({ name: 'one', tags: ['late'] });
});

describe('two who move a cell at once', () => {
  test.each<[string, (client: ClientCopy) => void]>([
    ['online', (client) => client.send()],
    ['away', (client) => client.comeBack()],
  ])('give one cell with what both typed, %s', (_, send) => {
    ann.type(A, 5, ' ann');
    moveAsStock(ann.doc, A, 2);
    ann.type(A, 9, '!');
    ben.type(A, 0, 'ben ');
    moveAsStock(ben.doc, A, 1);
    ben.type(A, 0, '?');
    send(ann);
    send(ben);
    expect(hub.order).toHaveLength(3);
    expect(hub.sources['a']).toBe('?ben first ann!');
    ben.type(A, 0, '+');
    ben.send();
    expect(hub.sources['a']).toBe('+?ben first ann!');
  });

  test('the hub and a stock client', () => {
    moveAsStock(ann.doc, A, 2);
    hub.write(() => moveCell(hub.doc, A, C));
    ann.send();
    expect(hub.order).toBe('bac');
    ann.type(A, 5, ' late');
    ann.send();
    ann.take();
    expect(hub.sources['a']).toBe('first late');
    expect(readDocument(ann.doc)).toEqual(readDocument(hub.doc));
  });
});

describe('an id that comes twice', () => {
  test('by a client that copies cells with their ids becomes two cells', () => {
    insertCell(ann.doc, 0, { ...makeCodeCell('another'), id: B });
    ann.send();
    const { cells } = readDocument(hub.doc);
    expect(cells.map(({ source }) => source)).toEqual(['another', 'first', 'second', 'third']);
    expect(new Set(cells.map(({ id }) => id)).size).toBe(4);
    expect(cells[2]?.id).toBe(B);
  });

  test('after a cut and two pastes of it too', () => {
    const cut = cutCells(ann.doc, [B]);
    pasteCells(ann.doc, A, cut);
    ben.type(B, 6, ' ben');
    ann.send();
    ben.send();
    expect(hub.sources['b']).toBe('second ben');
    insertCell(ann.doc, 3, { ...makeCodeCell('different'), id: B });
    ann.send();
    expect(Object.values(hub.sources).sort()).toEqual(['different', 'first', 'second ben', 'third']);
  });
});

describe('what else takes a cell away and brings it back', () => {
  test('a change of type keeps late edits', () => {
    changeCellType(ben.doc, A, 'markdown');
    ann.type(A, 5, ' late');
    ben.send();
    ann.send();
    expect(readDocument(hub.doc).cells[0]).toMatchObject({ id: 'a', cell_type: 'markdown', source: 'first late' });
  });

  test('an undone deletion has what was typed meanwhile', () => {
    const undo = new Y.UndoManager(cellsArray(ben.doc), { trackedOrigins: new Set(['ben']) });
    deleteCell(ben.doc, A, 'ben');
    ben.send();
    ann.type(A, 5, ' late');
    ann.send();
    ann.type(A, 10, ' later');
    ann.send();
    expect(hub.order).toBe('bc');
    undo.undo();
    ben.send();
    expect(hub.sources['a']).toBe('first late later');
    ann.type(A, 0, '> ');
    ann.send();
    expect(hub.sources['a']).toBe('> first late later');
  });

  test('a deletion stays one, whatever is typed meanwhile', () => {
    deleteCell(ben.doc, A);
    ben.send();
    ann.type(A, 5, ' late');
    ann.send();
    expect(hub.order).toBe('bc');
  });

  test('a whole document written anew by a stock client keeps what it had not seen', () => {
    ann.type(B, 6, ' ann');
    ann.send();
    const { cells } = readDocument(ben.doc);
    ben.doc.transact(() => {
      cellsArray(ben.doc).delete(0, 3);
      cells.forEach((cell, index) => insertCell(ben.doc, index, cell));
    });
    ben.send();
    expect(hub.sources).toEqual({ a: 'first', b: 'second ann', c: 'third' });
  });
});

test('[X7] a run’s outputs and metadata that a stock mover had not seen are in the cell that it made', () => {
  const cell = findCell(hub.doc, A);
  if (cell === null) throw new Error('no cell');
  hub.write(() => {
    outputsOf(cell)?.insert(0, [makeYOutput(makeStream('stdout', 'one\n'))]);
    setExecution(cell, { count: null, state: 'running' });
  });
  ben.take();
  moveAsStock(ben.doc, A, 2);
  hub.write(() => {
    const text = outputsOf(cell)?.get(0).get('text');
    if (text instanceof Y.Text) text.insert(4, 'two\n');
    outputsOf(cell)?.insert(1, [makeYOutput(makeStream('stderr', 'three\n'))]);
    setExecution(cell, { count: 3, state: 'idle' });
    setCellMetadata(cell, 'tags', ['new']);
  });
  const before = readDocument(hub.doc).cells[0];
  ben.send();
  expect(hub.order).toBe('bca');
  expect(readDocument(hub.doc).cells[2]).toEqual(before);
});

test('a text that is set anew while others type keeps what they type', () => {
  setSource(ben.doc, A, 'first changed');
  moveAsStock(ben.doc, A, 1);
  ann.type(A, 0, 'ann ');
  ann.send();
  ben.send();
  expect(hub.sources['a']).toBe('ann first changed');
});
