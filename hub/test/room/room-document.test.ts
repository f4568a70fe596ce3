/** A notebook's live document over the real log. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import * as Y from 'yjs';
import { Epoch, FileId } from '@cokernel/proto/hub';
import type { LoadedLog } from '../../src/room/document-store.js';
import { type RoomDocument, genesisClientId } from '../../src/room/room-document.js';
import { EmbeddedDocumentStore } from '../../src/storage/embedded/document-store.js';
import { HeldLog } from '../support/held-log.js';
import { roomDocumentOf } from '../support/room-document.js';
import type { ScratchFolder } from '../support/scratch-folder.js';
import { scratchFolder } from '../support/scratch-folder.js';

const epoch = Epoch.parse('epoch-1');
const fileId = FileId.parse('file-1');
const ann = { name: 'the socket of Ann' };

let scratch: ScratchFolder;
let store: EmbeddedDocumentStore;
let log: HeldLog;
let document: RoomDocument;
let relayed: { readonly update: Uint8Array; readonly except: object | null }[];
let stored: Uint8Array[];

beforeEach(async () => {
  scratch = await scratchFolder();
  store = new EmbeddedDocumentStore({ folder: scratch.path, onNotice: () => undefined, now: () => new Date() });
  await store.start();
  relayed = [];
  stored = [];
  const genesis = new Y.Doc();
  genesis.clientID = genesisClientId(epoch);
  genesis.getText('text').insert(0, 'first ');
  const state = Y.encodeStateAsUpdate(genesis);
  log = new HeldLog(await store.create(fileId, 1, epoch, state));
  document = roomDocumentOf([state], {
    log,
    relay: (update, except) => relayed.push({ update, except }),
    onStored: (vector) => stored.push(vector),
  });
});

afterEach(async () => {
  log.letGo();
  await document.stop();
  await store.close();
  await scratch.remove();
});

/** A client's document with the state that a step1 with an empty vector gives. */
async function joined(): Promise<Y.Doc> {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, await document.missing(new Uint8Array([0])));
  return doc;
}

/** What `change` does to a client's document, as an update. */
function edit(doc: Y.Doc, change: (text: Y.Text) => void): Uint8Array {
  const before = Y.encodeStateVector(doc);
  change(doc.getText('text'));
  return Y.encodeStateAsUpdate(doc, before);
}

const byHub = (text: string): Promise<void> =>
  document.write(() => {
    document.doc.getText('text').insert(document.doc.getText('text').length, text);
  });
const textOf = (doc: Y.Doc): string => doc.getText('text').toString();

async function loaded(fence: number): Promise<LoadedLog> {
  await document.stop();
  const opened = await store.open(fileId, fence);
  if (opened === null) throw new Error('the log is gone');
  return opened.loaded;
}

describe('what the hub writes', () => {
  test('[P30] is handed to nobody before it is durable', async () => {
    log.hold();
    const writing = byHub('output');
    await Promise.resolve();
    expect(relayed).toEqual([]);
    log.letGo();
    await writing;
    expect(relayed).toHaveLength(1);
    expect(relayed[0]?.except).toBeNull();
  });

  test('[P30] is in no answer to a step1 before it is durable', async () => {
    const client = await joined();
    log.hold();
    const writing = byHub('output');
    let answered = false;
    const answer = document.missing(Y.encodeStateVector(client)).then((update) => {
      answered = true;
      Y.applyUpdate(client, update);
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    log.letGo();
    await Promise.all([writing, answer]);
    expect(textOf(client)).toBe('first output');
  });

  test('is durable when the write resolves, with its mark in the same record', async () => {
    const mark = { runId: 'r1', journalId: 'j1', seq: 42, reducerState: { appended: 1 }, end: null };
    await document.write(() => {
      document.doc.getText('text').insert(0, 'marked ');
    }, mark);
    const { updates, marks } = await loaded(2);
    expect(marks).toEqual([mark]);
    const doc = new Y.Doc();
    for (const update of updates) Y.applyUpdate(doc, update);
    expect(textOf(doc)).toBe('marked first ');
  });
});

describe("a person's edit", () => {
  test('[P31] is handed on at once to all but its sender, durable or not', async () => {
    const client = await joined();
    log.hold();
    const update = edit(client, (text) => {
      text.insert(0, 'typed ');
    });
    document.applyFrom(update, ann);
    expect(relayed).toEqual([{ update, except: ann }]);
    expect(stored).toEqual([]);
    log.letGo();
    await document.missing(new Uint8Array([0]));
  });

  test('is told as stored with the state vector up to which the log is durable', async () => {
    const client = await joined();
    document.applyFrom(
      edit(client, (text) => {
        text.insert(0, 'typed ');
      }),
      ann,
    );
    const vector = Y.encodeStateVector(document.doc);
    await log.flushed();
    await new Promise((resolve) => setImmediate(resolve));
    expect(stored).toEqual([vector]);
  });

  test('that comes twice is handed on once', async () => {
    const client = await joined();
    const update = edit(client, (text) => {
      text.insert(0, 'typed ');
    });
    document.applyFrom(update, ann);
    document.applyFrom(update, ann);
    expect(relayed).toHaveLength(1);
  });

  test('that is no update throws and changes nothing', () => {
    const before = textOf(document.doc);
    expect(() => {
      document.applyFrom(new Uint8Array([9, 9, 9, 9]), ann);
    }).toThrow();
    expect(textOf(document.doc)).toBe(before);
    expect(relayed).toEqual([]);
  });
});

describe('a state vector', () => {
  test('[P29] that is empty, or has the genesis id, is of this history', async () => {
    expect(document.isForeign(new Uint8Array([0]))).toBe(false);
    expect(document.isForeign(Y.encodeStateVector(await joined()))).toBe(false);
  });

  test('[P29] that lacks the genesis id is of another', () => {
    const other = new Y.Doc();
    other.getText('text').insert(0, 'mine');
    expect(document.isForeign(Y.encodeStateVector(other))).toBe(true);
    const older = new Y.Doc();
    older.clientID = genesisClientId(Epoch.parse('epoch-0'));
    older.getText('text').insert(0, 'older');
    expect(document.isForeign(Y.encodeStateVector(older))).toBe(true);
  });
});

describe('the log', () => {
  test('[X4] of a long day is compacted, and gives the same document and epoch', async () => {
    const client = await joined();
    const noise = randomBytes(64 * 1024).toString('hex');
    for (let round = 0; round < 60; round += 1) {
      const update = edit(client, (text) => {
        text.delete(0, text.length);
        text.insert(0, `${String(round)} ${noise}`);
      });
      document.applyFrom(update, ann);
      await log.flushed();
    }
    await log.flushed();
    const { logBytes, baseBytes } = log.size();
    expect(logBytes).toBeLessThanOrEqual(4 * baseBytes + 8 * 1024 * 1024);
    const expected = textOf(document.doc);
    const { updates, epoch: kept } = await loaded(2);
    expect(updates.length).toBeLessThan(60);
    const doc = new Y.Doc();
    for (const update of updates) Y.applyUpdate(doc, update);
    expect(textOf(doc)).toBe(expected);
    expect(kept).toBe(epoch);
  });
});

describe('edits that build on what a killed hub had handed on and not stored', () => {
  test('go to the one whose edit they waited for too, whoever brings theirs first', async () => {
    const [annDoc, benDoc] = [await joined(), await joined()];
    const bens = edit(benDoc, (text) => text.insert(0, 'by Ben '));
    // The hub that was killed had handed it on to Ann, who goes on writing behind it.
    Y.applyUpdate(annDoc, bens);
    const anns = edit(annDoc, (text) => text.insert(7, 'by Ann '));
    const ben = { name: 'the socket of Ben' };
    document.applyFrom(anns, ann);
    expect(relayed).toEqual([]);
    document.applyFrom(bens, ben);
    expect(textOf(document.doc)).toBe('by Ben by Ann first ');
    for (const { update, except } of relayed) if (except !== ben) Y.applyUpdate(benDoc, update);
    expect(textOf(benDoc)).toBe('by Ben by Ann first ');
  });
});
