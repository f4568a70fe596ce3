/** A day's editing in little: what the store takes and what a new client is sent, by size alone. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { Epoch, FileId } from '@cokernel/proto/hub';
import type { DocumentLog } from '../../src/room/document-store.js';
import { genesisClientId } from '../../src/room/room-document.js';
import { EmbeddedDocumentStore } from '../../src/storage/embedded/document-store.js';
import { roomDocumentOf } from '../support/room-document.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';
import { Typist } from '../support/typist.js';

const epoch = Epoch.parse('epoch-1');
const fileId = FileId.parse('file-1');
const SLACK = 8 * 1024 * 1024;

let scratch: ScratchFolder;
let store: EmbeddedDocumentStore;
beforeEach(async () => {
  scratch = await scratchFolder();
  store = new EmbeddedDocumentStore({ folder: scratch.path, onNotice: () => undefined, now: () => new Date() });
  await store.start();
});
afterEach(async () => {
  await store.close();
  await scratch.remove();
});

const methodsOf = (log: DocumentLog): DocumentLog => ({
  epoch: log.epoch,
  append: (record) => log.append(record),
  setFact: (name, value) => log.setFact(name, value),
  flushed: () => log.flushed(),
  onFull: (listener) => log.onFull(listener),
  size: () => log.size(),
  compact: () => log.compact(),
  close: () => log.close(),
});

test('[X4] the store of a document that is edited all day stays within four times its state and 8 MiB, also after much was deleted', async () => {
  const doc = new Y.Doc();
  doc.clientID = genesisClientId(epoch);
  doc.getArray('texts').push(Array.from({ length: 5 }, () => new Y.Text()));
  const log = await store.create(fileId, 1, epoch, Y.encodeStateAsUpdate(doc));
  // A day takes seconds here: what is appended while a compaction goes on would be hours' worth.
  const compactions: Promise<void>[] = [];
  doc.clientID = 1;
  const compact = (): Promise<void> => {
    const compacting = log.compact();
    compactions.push(compacting);
    return compacting;
  };
  const document = roomDocumentOf([], { doc, log: { ...methodsOf(log), compact } });
  const stateBytes = (): number => Y.encodeStateAsUpdate(doc).byteLength;
  const [first, ...rest] = doc.getArray<Y.Text>('texts').toArray();
  if (first === undefined) throw new Error('no text');
  const typist = new Typist([first, ...rest], 1);
  const outputs = doc.getMap('outputs');
  for (let run = 0; run < 90; run += 1) {
    for (let key = 0; key < 100; key += 1) typist.press();
    // Thirty pictures of 250 KB, each made twice; then each run takes one away.
    const name = String(run % 30);
    await document.write(() => {
      if (run < 60) outputs.set(name, { data: { 'image/png': 'x'.repeat(250_000) }, run });
      else outputs.delete(name);
    });
    if (run % 5 === 0) {
      await log.flushed();
      await Promise.all(compactions);
      expect(log.size().logBytes).toBeLessThanOrEqual(4 * stateBytes() + SLACK);
    }
  }
  expect(compactions.length).toBeGreaterThan(2);
  // What a new client is sent, and what the log makes of it.
  const state = stateBytes();
  expect((await document.missing(new Uint8Array([0]))).byteLength).toBeLessThanOrEqual(1.2 * state);
  await document.stop();
  const loaded = (await store.open(fileId, 2))?.loaded;
  const again = new Y.Doc();
  for (const update of loaded?.updates ?? []) Y.applyUpdate(again, update);
  expect(again.getArray('texts').toJSON()).toEqual(doc.getArray('texts').toJSON());
  expect(Y.encodeStateAsUpdate(again).byteLength).toBeLessThanOrEqual(1.2 * state);
});
