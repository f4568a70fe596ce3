/** A room's document over a log; what a test does not care for does nothing, and what may not fail throws. */
import * as Y from 'yjs';
import { RoomDocument, type RoomDocumentOptions } from '../../src/room/room-document.js';

function fails(error: unknown): never {
  throw error;
}

/** Started; with the state that these updates make. */
export function roomDocumentOf(
  state: readonly Uint8Array[],
  options: Pick<RoomDocumentOptions, 'log'> & Partial<RoomDocumentOptions>,
): RoomDocument {
  const doc = new Y.Doc();
  for (const update of state) Y.applyUpdate(doc, update);
  const document = new RoomDocument({
    doc,
    marks: [],
    movedCells: null,
    relay: () => undefined,
    onStored: () => undefined,
    onChanged: () => undefined,
    onStoreFailed: fails,
    onFull: () => undefined,
    onNotCompacted: fails,
    record: () => () => undefined,
    ...options,
  });
  document.start();
  return document;
}
