/** An edit that meets a move of its cell, in a document over the real log. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cpSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { CellId, Epoch, FileId } from '@cokernel/proto/hub';
import {
  fillDocument,
  findCell,
  makeCodeCell,
  makeNotebook,
  moveCell,
  readDocument,
  sourceText,
} from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import type { LoadedLog } from '../../src/room/document-store.js';
import { MOVED_CELLS } from '../../src/room/moved/moved-record.js';
import { type RoomDocument, genesisClientId } from '../../src/room/room-document.js';
import { EmbeddedDocumentStore } from '../../src/storage/embedded/document-store.js';
import { HeldLog } from '../support/held-log.js';
import { roomDocumentOf } from '../support/room-document.js';
import type { ScratchFolder } from '../support/scratch-folder.js';
import { scratchFolder } from '../support/scratch-folder.js';

const epoch = Epoch.parse('epoch-1');
const fileId = FileId.parse('file-1');
const A = CellId.parse('a');
const socket = { name: 'the socket of Ann' };

let scratch: ScratchFolder;
let store: EmbeddedDocumentStore;
let log: HeldLog;
let document: RoomDocument;
let relayed: { readonly update: Uint8Array; readonly except: object | null }[];

function open(state: readonly Uint8Array[], movedCells: string | null): RoomDocument {
  return roomDocumentOf(state, { log, movedCells, relay: (update, except) => relayed.push({ update, except }) });
}

async function openStore(name: string): Promise<EmbeddedDocumentStore> {
  const folder = path.join(scratch.path, name);
  await mkdir(folder, { recursive: true });
  const opened = new EmbeddedDocumentStore({ folder, onNotice: () => undefined, now: () => new Date() });
  await opened.start();
  return opened;
}

beforeEach(async () => {
  scratch = await scratchFolder();
  store = await openStore('store');
  relayed = [];
  const genesis = new Y.Doc();
  genesis.clientID = genesisClientId(epoch);
  const cells = [
    { ...makeCodeCell('first'), id: A },
    { ...makeCodeCell('second'), id: CellId.parse('b') },
  ];
  fillDocument(genesis, makeNotebook(cells));
  const state = Y.encodeStateAsUpdate(genesis);
  log = new HeldLog(await store.create(fileId, 1, epoch, state));
  document = open([state], null);
});

afterEach(async () => {
  log.letGo();
  await document.flushed();
  await document.stop();
  await store.close();
  await scratch.remove();
});

function client(): { readonly type: (typed: string) => Uint8Array; readonly doc: Y.Doc } {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(document.doc));
  const type = (typed: string): Uint8Array => {
    const before = Y.encodeStateVector(doc);
    const cell = findCell(doc, A);
    const text = cell === null ? null : sourceText(cell);
    text?.insert(text.length, typed);
    return Y.encodeStateAsUpdate(doc, before);
  };
  return { doc, type };
}

const sourceOf = (doc: Y.Doc): string | undefined => readDocument(doc).cells.find(({ id }) => id === A)?.source;

async function reopen(fence: number): Promise<LoadedLog> {
  await document.flushed();
  await document.stop();
  const opened = await store.open(fileId, fence);
  if (opened === null) throw new Error('the log is gone');
  log = new HeldLog(opened.log);
  document = open(opened.loaded.updates, opened.loaded.facts[MOVED_CELLS] ?? null);
  return opened.loaded;
}

/** Goes on with what a hub left on the disk that was killed now. */
async function kill(fence: number): Promise<void> {
  // At this very moment: what is not on the disk yet is not in it.
  cpSync(path.join(scratch.path, 'store'), path.join(scratch.path, 'left'), { recursive: true });
  await document.stop();
  await store.close();
  store = await openStore('left');
  const opened = await store.open(fileId, fence);
  if (opened === null) throw new Error('the log is gone');
  log = new HeldLog(opened.log);
  document = open(opened.loaded.updates, opened.loaded.facts[MOVED_CELLS] ?? null);
}

test('[P27] [P30] with what the hub adds to it, it is one record, and goes to everybody when that is durable', async () => {
  const ann = client();
  await document.write(() => {
    moveCell(document.doc, A, null);
  });
  relayed = [];
  log.hold();
  document.applyFrom(ann.type(' typed'), socket);
  expect(sourceOf(document.doc)).toBe('first typed');
  expect(relayed).toEqual([]);
  log.letGo();
  await document.missing(new Uint8Array([0]));
  expect(relayed.map(({ except }) => except)).toEqual([null]);
  Y.applyUpdate(ann.doc, Y.encodeStateAsUpdate(document.doc, Y.encodeStateVector(ann.doc)));
  expect(sourceOf(ann.doc)).toBe('first typed');
  const { updates } = await reopen(2);
  expect(updates).toHaveLength(3);
});

test('[P31] an edit elsewhere goes on at once all the same', async () => {
  await document.write(() => {
    moveCell(document.doc, A, null);
  });
  const ann = client();
  relayed = [];
  log.hold();
  document.applyFrom(ann.type(' typed'), socket);
  expect(relayed.map(({ except }) => except)).toEqual([socket]);
  log.letGo();
  await document.flushed();
});

test('[P27] it is kept too when the hub was started anew since the move', async () => {
  const ann = client();
  await document.write(() => {
    moveCell(document.doc, A, null);
  });
  await reopen(2);
  document.applyFrom(ann.type(' typed'), socket);
  await reopen(3);
  document.applyFrom(ann.type(' more'), socket);
  expect(sourceOf(document.doc)).toBe('first typed more');
});

test('[P27] it is kept too when the hub was killed right after the move, which was not the only one', async () => {
  const ann = client();
  for (const before of [null, CellId.parse('b'), null]) {
    await document.write(() => {
      moveCell(document.doc, A, before);
    });
  }
  await kill(2);
  document.applyFrom(ann.type(' typed'), socket);
  expect(sourceOf(document.doc)).toBe('first typed');
});
