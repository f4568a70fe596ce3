/** What a room writes down of itself, over the real store. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import * as Y from 'yjs';
import { Epoch, FileId, ParticipantId } from '@cokernel/proto/hub';
import type { Author, HistoryRecord } from '@cokernel/proto/hub';
import type { HistoryStore } from '../../src/room/history-store.js';
import { RoomHistory, type UpdateBy } from '../../src/room/room-history.js';
import { FileHistoryStore } from '../../src/storage/history/history-store.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const fileId = FileId.parse('f');
const person = (name: string): Author => ({ participantId: ParticipantId.parse(`id of ${name}`), name });
const ann = person('Ann');
const ben = person('Ben');

let scratch: ScratchFolder;
let store: FileHistoryStore;
let doc: Y.Doc;
let open: RoomHistory[];
let failures: unknown[];

beforeEach(async () => {
  scratch = await scratchFolder();
  store = new FileHistoryStore({ folder: path.join(scratch.path, 'h'), maxBytes: 256 * 1024, segmentBytes: 4 * 1024 });
  doc = new Y.Doc();
  open = [];
  failures = [];
});

afterEach(async () => {
  await Promise.all(open.map((history) => history.stop()));
  await scratch.remove();
});

function historyOf(over: HistoryStore = store, epoch = 'e1', of = doc): RoomHistory {
  const history = new RoomHistory({
    fileId,
    epoch: Epoch.parse(epoch),
    doc: of,
    store: over,
    clock: () => new Date('2026-11-22T12:00:00Z'),
    batchMs: 1_000_000,
    onFailed: (error) => failures.push(error),
  });
  history.start();
  open.push(history);
  return history;
}

/** One edit of this document, told to the history as durable. */
function type(history: RoomHistory | null, by: UpdateBy, text: string, of = doc): void {
  of.once('update', (update: Uint8Array) => history?.updated(update, by));
  of.getText('text').insert(of.getText('text').length, text);
}

async function records(): Promise<HistoryRecord[]> {
  const all: HistoryRecord[] = [];
  for await (const record of store.read(fileId)) all.push(record);
  return all;
}

function played(from: readonly HistoryRecord[]): string {
  const replay = new Y.Doc();
  for (const record of from) {
    if (record.type === 'began') Y.applyUpdate(replay, Buffer.from(record.state, 'base64'));
    else if ('update' in record) Y.applyUpdate(replay, Buffer.from(record.update, 'base64'));
  }
  return replay.getText('text').toJSON();
}

const textOf = (of = doc): string => of.getText('text').toJSON();
const typesOf = (all: readonly HistoryRecord[]): string[] => all.map((record) => record.type);

describe('a history', () => {
  test('begins with the document, and has one record an author and moment', async () => {
    type(null, null, 'before ');
    const history = historyOf();
    for (const word of ['a', 'b', 'c']) {
      type(history, ann, word);
      type(history, ben, word);
    }
    type(history, 'printed', '!');
    await history.flush();
    const all = await records();
    expect(typesOf(all)).toEqual(['began', 'edited', 'edited', 'printed']);
    expect(all.flatMap((record) => (record.type === 'edited' ? [record.by] : []))).toEqual([ann, ben]);
    expect(played(all.slice(0, 1))).toBe('before ');
    expect(played(all)).toBe(textOf());
  });

  test('keeps the order of edits and other happenings', async () => {
    const history = historyOf();
    const asked = {
      type: 'asked',
      prompt: { promptId: 'p', runId: 'r', cellId: null, asked: ann, text: '?', password: true },
    };
    type(history, ann, 'x');
    history.happened(asked as never);
    type(history, ann, 'y');
    history.happened({ type: 'answered', promptId: 'p' as never, by: ann, value: null });
    await history.flush();
    expect(typesOf(await records())).toEqual(['began', 'edited', 'asked', 'edited', 'answered']);
  });

  test('of nothing is not written at all', async () => {
    const history = historyOf();
    await history.flush();
    await history.stop();
    expect(await records()).toEqual([]);
  });

  test('goes on where the last room ended, and makes up for what a crash kept from it', async () => {
    const before = historyOf();
    type(before, ann, 'one ');
    await before.flush();
    type(null, ann, 'lost to the history ');
    const after = historyOf();
    type(after, ben, 'two');
    await after.flush();
    const all = await records();
    expect(typesOf(all)).toEqual(['began', 'edited', 'edited', 'edited']);
    expect(all[2]).toMatchObject({ type: 'edited', by: null });
    expect(played(all)).toBe(textOf());
  });

  test('makes up for a deletion too, which no state vector shows', async () => {
    const before = historyOf();
    type(before, ann, 'one two');
    await before.flush();
    doc.getText('text').delete(0, 4);
    const after = historyOf();
    type(after, ben, '!');
    await after.flush();
    expect(played(await records())).toBe('two!');
  });

  test('of another epoch begins anew', async () => {
    const before = historyOf();
    type(before, ann, 'one');
    await before.flush();
    const fresh = new Y.Doc();
    const after = historyOf(store, 'e2', fresh);
    type(after, ann, 'two', fresh);
    await after.flush();
    const begins = (await records()).flatMap((record) => (record.type === 'began' ? [record.epoch] : []));
    expect(begins).toEqual(['e1', 'e2']);
  });

  test('plays to the live document from each of its segments, however many there are', async () => {
    const history = historyOf();
    for (let round = 0; round < 200; round += 1) {
      type(history, round % 2 === 0 ? ann : ben, `${String(round)} ${'#'.repeat(60)}`);
      if (round % 7 === 0) await history.flush();
    }
    await history.flush();
    const all = await records();
    const begins = all.flatMap((record, index) => (record.type === 'began' ? [index] : []));
    expect(begins.length).toBeGreaterThan(2);
    for (const from of begins) expect(played(all.slice(from))).toBe(textOf());
  });

  test('that can’t be written says so once, and stops nothing', async () => {
    const broken: HistoryStore = { ...noStore, newest: () => Promise.reject(new Error('the disk is full')) };
    const history = historyOf(broken);
    type(history, ann, 'one');
    await history.flush();
    type(history, ann, 'two');
    await history.flush();
    expect(failures.map(String)).toEqual(['Error: the disk is full']);
    expect(textOf()).toBe('onetwo');
  });
});

const noStore: HistoryStore = {
  read: () => {
    throw new Error('not asked');
  },
  newest: () => Promise.resolve([]),
  begin: () => Promise.resolve(),
  append: () => Promise.resolve({ full: false }),
  close: () => Promise.resolve(),
};
