/** Versions of one document: when there is another one, what they hold on to, and what a restore changes. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import * as Y from 'yjs';
import { CellId, FileId, ParticipantId, type ContentHash, type HubEvent } from '@cokernel/proto/hub';
import {
  STORED_MIME,
  cellsArray,
  fillDocument,
  findCell,
  makeCodeCell,
  makeNotebook,
  readDocument,
  setExecution,
  setSource,
  type Cell,
  type Output,
} from '@cokernel/proto/notebook';
import { Versions } from '../../src/room/versions.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { MemoryVersions } from '../support/memory-timeline.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const HOUR = 3_600_000;
const LATER = new Date(Date.now() + 10_000 * HOUR);
const fileId = FileId.parse('f');
const ann = { participantId: ParticipantId.parse('ann'), name: 'Ann' };
const [one, two] = [CellId.parse('one'), CellId.parse('two')];

let scratch: ScratchFolder;
let outputs: FileOutputStore;
let store: MemoryVersions;
let doc: Y.Doc;
let versions: Versions;
let told: HubEvent[];
let now: Date;

beforeEach(async () => {
  scratch = await scratchFolder();
  outputs = new FileOutputStore({
    folder: path.join(scratch.path, 'outputs'),
    onNotice: () => undefined,
    now: () => new Date(),
  });
  await outputs.start();
  store = new MemoryVersions();
  doc = new Y.Doc();
  told = [];
  now = new Date('2026-11-22T12:00:00Z');
  versions = new Versions({
    fileId,
    document: {
      doc,
      write: (change) => {
        doc.transact(change);
        return Promise.resolve();
      },
    },
    store,
    outputStore: outputs,
    clock: () => now,
    tell: (event) => told.push(event),
  });
});

afterEach(async () => {
  await outputs.close();
  await scratch.remove();
});

const cell = (id: CellId, source: string, ...shown: Output[]): Cell => ({
  ...makeCodeCell(source),
  id,
  outputs: shown,
});
const stream = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text });
const fill = (...cells: Cell[]): void => fillDocument(doc, makeNotebook(cells));
const sources = (): string[] => readDocument(doc).cells.map(({ source }) => source);
const kinds = async (): Promise<string[]> => (await versions.list()).map(({ kind }) => kind);

describe('[P38] another version is kept', () => {
  test('by the hub only when something changed, by a person whenever they say so', async () => {
    fill(cell(one, 'a'));
    const first = await versions.keep('afterBatch');
    expect(await versions.keep('hourly')).toEqual(first);
    await versions.keep('named', { name: 'mine', author: ann });
    await versions.keep('checkpoint');
    setSource(doc, one, 'b');
    await versions.keep('beforeMerge');
    expect(await kinds()).toEqual(['afterBatch', 'named', 'checkpoint', 'beforeMerge']);
  });

  test('after one that could not be, and each is told', async () => {
    fill(cell(one, 'a'));
    store.onAdd = () => {
      store.onAdd = () => undefined;
      throw new Error('the disk is full');
    };
    const failing = versions.keep('hourly');
    const next = versions.keep('hourly');
    await expect(failing).rejects.toThrow('the disk is full');
    expect(told).toEqual([]);
    const { versionId } = await next;
    expect(told).toEqual([{ event: 'versionsChanged' }]);
    await versions.name(versionId, 'now it has a name');
    expect(told).toHaveLength(2);
  });
});

test('[P39] older ones go when another comes, and what they alone named is swept', async () => {
  const old: ContentHash[] = [];
  for (const minute of [0, 1, 2]) {
    now = new Date(Date.parse('2026-11-20T12:00:00Z') + minute * 60_000);
    old.push(await showPicture(minute));
    await versions.keep('afterBatch');
  }
  doc.getArray('cells').delete(0, 1);
  await outputs.setReferences({ fileId, holder: 'log' }, []);
  now = new Date('2026-11-22T12:00:00Z');
  await versions.keep('afterBatch');
  expect((await versions.list()).map(({ versionId }) => versionId)).toEqual(['3', '4']);
  await outputs.sweep(LATER);
  expect(await Promise.all(old.map(async (hash) => (await outputs.get(hash)) !== null))).toEqual([false, false, true]);
});

/** The document shows this one alone, as a run would have left it. */
async function showPicture(content: number): Promise<ContentHash> {
  const hash = await outputs.put(Buffer.alloc(100_000, content));
  await outputs.refer({ fileId, holder: 'log' }, [hash]);
  const data = { 'text/plain': 'a picture', [STORED_MIME]: { 'image/png': { sha256: hash, bytes: 100_000 } } };
  cellsArray(doc).delete(0, cellsArray(doc).length);
  fill(cell(one, '1', { output_type: 'display_data', data, metadata: {} }));
  return hash;
}

describe('[P41] a restore', () => {
  test('brings back what lies outside, for as long as the document names it', async () => {
    const hash = await showPicture(7);
    const { versionId } = await versions.keep('named', { name: 'with a picture' });
    cellsArray(doc).delete(0, 1);
    await outputs.setReferences({ fileId, holder: 'log' }, []);
    await outputs.sweep(LATER);
    const { before } = await versions.restore(versionId, ann);
    await versions.remove([versionId, before]);
    await outputs.sweep(LATER);
    expect(await outputs.get(hash)).not.toBeNull();
  });

  test('is one update, of what differs alone', async () => {
    fill(cell(one, 'a', stream('a')), cell(two, 'b'));
    const { versionId } = await versions.keep('named', { name: 'both' });
    cellsArray(doc).delete(1, 1);
    setSource(doc, one, 'changed');
    const kept = cellsArray(doc).get(0);
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    await versions.restore(versionId, ann);
    expect(sources()).toEqual(['a', 'b']);
    expect(updates).toHaveLength(1);
    expect(cellsArray(doc).get(0)).toBe(kept);
  });

  test('leaves a cell that runs what it shows, and no other', async () => {
    fill(cell(one, 'a', stream('then')), cell(two, 'b', stream('then')));
    const { versionId } = await versions.keep('named', { name: 'then' });
    cellsArray(doc).delete(0, 2);
    fill(cell(one, 'a', stream('now')), cell(two, 'b', stream('now')));
    setExecution(findCell(doc, one) ?? new Y.Map(), { count: 3, state: 'running' });
    await versions.restore(versionId, ann);
    const shown = readDocument(doc).cells.map((each) => each.cell_type === 'code' && each.outputs);
    expect(shown).toEqual([[stream('now')], [stream('then')]]);
  });

  test('loses nothing that is typed at that moment: it is in the document, or in what was before', async () => {
    fill(cell(one, 'a'), cell(two, 'b'));
    const { versionId } = await versions.keep('named', { name: 'to come back to' });
    setSource(doc, one, 'changed');
    store.onAdd = () => setSource(doc, two, 'typed meanwhile');
    const { before } = await versions.restore(versionId, ann);
    expect(sources()).toEqual(['a', 'typed meanwhile']);
    expect((await versions.notebook(before)).cells.map(({ source }) => source)).toEqual(['changed', 'b']);
  });
});
