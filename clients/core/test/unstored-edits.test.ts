/** What a person typed and the hub has not stored is not forgotten by the document, whatever others deleted meanwhile. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { UnstoredEdits } from '../src/unstored-edits.js';

let hub: Y.Doc;
let mine: Y.Doc;
let unstored: UnstoredEdits;

const cellsOf = (doc: Y.Doc): Y.Array<Y.Map<unknown>> => doc.getArray<Y.Map<unknown>>('cells');
const textOf = (doc: Y.Doc): Y.Text => cellsOf(doc).get(0).get('source') as Y.Text;
const pull = (to: Y.Doc, from: Y.Doc): void => Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));

beforeEach(() => {
  hub = new Y.Doc();
  const cell = new Y.Map<unknown>([['source', new Y.Text('one\n')]]);
  cellsOf(hub).insert(0, [cell]);
  mine = new Y.Doc();
  unstored = new UnstoredEdits(mine);
  pull(mine, hub);
});

/** The text that a hub which lacks our edits gets of us, whether deleted or not. */
function sent(): string {
  const { structs } = Y.decodeUpdate(Y.encodeStateAsUpdate(mine, Y.encodeStateVector(hub)));
  return structs
    .map((struct) => (struct instanceof Y.Item && struct.content instanceof Y.ContentString ? struct.content.str : ''))
    .join('');
}

describe('[C2] [X1] text that the hub has not stored', () => {
  test('is sent although its cell was deleted meanwhile by somebody else', () => {
    textOf(mine).insert(4, 'typed');
    cellsOf(hub).delete(0);
    pull(mine, hub);
    expect(cellsOf(mine).length).toBe(0);
    expect(sent()).toBe('typed');
  });

  test('is not sent when its writer took it back, before the cell went or with it', () => {
    textOf(mine).insert(4, 'typed');
    textOf(mine).delete(4, 3);
    cellsOf(hub).delete(0);
    pull(mine, hub);
    expect(sent()).toBe('ed');
    cellsOf(hub).insert(0, [new Y.Map<unknown>([['source', new Y.Text('two\n')]])]);
    pull(mine, hub);
    textOf(mine).insert(0, 'more');
    cellsOf(mine).delete(0);
    expect(sent()).toBe('ed');
  });

  test('is forgotten like any other once it is stored', () => {
    textOf(mine).insert(4, 'typed');
    unstored.stored(Y.encodeStateVector(mine));
    cellsOf(hub).delete(0);
    pull(mine, hub);
    expect(sent()).toBe('');
  });

  test('keeps nothing else of a cell that went', () => {
    textOf(mine).insert(4, 'typed');
    cellsOf(hub).delete(0);
    pull(mine, hub);
    const kept = Y.decodeUpdate(Y.encodeStateAsUpdate(mine)).structs.flatMap((struct) =>
      struct instanceof Y.Item && struct.content instanceof Y.ContentString ? [struct.content.str] : [],
    );
    expect(kept).toEqual(['typed']);
  });
});
