import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as Y from 'yjs';
import { ContentHash, FileId, TextId } from '@cokernel/proto/hub';
import { STORED_MIME, cellsArray, fillDocument, makeCodeCell, makeNotebook } from '@cokernel/proto/notebook';
import type { Output } from '@cokernel/proto/notebook';
import { DocumentReferences } from '../../src/room/document-references.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';

const fileId = FileId.parse('n');
const LATER = new Date(Date.now() + 365 * 24 * 3_600_000);
const text = (id: string) => TextId.parse(id);
const warnings: string[] = [];
const log = {
  info: () => undefined,
  warn: (_: object, message: string) => warnings.push(message),
  error: () => undefined,
};

let folder: string;
let store: FileOutputStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cokernel-references-'));
  store = new FileOutputStore({ folder, onNotice: () => undefined, now: () => new Date() });
  await store.start();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const display = (sha256: ContentHash): Output => ({
  output_type: 'display_data',
  data: { 'text/plain': 'a picture', [STORED_MIME]: { 'image/png': { sha256, bytes: 9 } } },
  metadata: {},
});
const stream = (id: TextId, sha256: ContentHash | null): Output => ({
  output_type: 'stream',
  name: 'stdout',
  text: 'first … last',
  stored: { id, sha256, bytes: 9, gap: { from: 6, to: 7 } },
});

/** A document with one cell for each list of outputs. */
function documentWith(...cells: readonly (readonly Output[])[]): Y.Doc {
  const doc = new Y.Doc();
  fillDocument(doc, makeNotebook(cells.map((outputs) => ({ ...makeCodeCell('1'), outputs }))));
  return doc;
}

async function tellAll(doc: Y.Doc): Promise<void> {
  const references = new DocumentReferences({ fileId, doc, outputs: store, isWorking: () => false, log });
  references.start();
  await references.stop();
  await references.stop();
}

async function putText(id: string, content: string): Promise<ContentHash> {
  const growing = await store.grow(text(id), 0);
  growing.append(content);
  return growing.finish();
}

test('[X17] [P44] what a document names stays, what was deleted from it goes after its time, and an undo in time keeps it', async () => {
  const [kept, deleted] = await Promise.all(['kept', 'deleted'].map((each) => store.put(Buffer.from(each))));
  const whole = await putText('run.0', 'the whole text');
  await store.refer({ fileId, holder: 'log' }, [kept!, deleted!, whole, text('run.0')]);
  const doc = documentWith([display(kept!), stream(text('run.0'), whole)], [display(deleted!)]);
  const undo = new Y.UndoManager(cellsArray(doc));
  cellsArray(doc).delete(1, 1);
  await tellAll(doc);
  expect(await store.isReferred(fileId, deleted!)).toBe(true);
  undo.undo();
  await tellAll(doc);
  await store.sweep(LATER);
  expect(await store.get(deleted!)).not.toBeNull();
  cellsArray(doc).delete(1, 1);
  await tellAll(doc);
  await store.sweep(LATER);
  expect(await store.get(deleted!)).toBeNull();
  expect(await store.isReferred(fileId, deleted!)).toBe(false);
  expect(await store.get(kept!)).not.toBeNull();
  expect(await store.text(text('run.0'))).not.toBeNull();
});

test('[P44] a pasted hash is referred to, and another notebook’s text is not by who only knows its name', async () => {
  const pasted = await store.put(Buffer.from('pasted'));
  await putText('another.0', 'private');
  await store.refer({ fileId: FileId.parse('another'), holder: 'log' }, [pasted, text('another.0')]);
  await tellAll(documentWith([display(pasted), stream(text('another.0'), null)]));
  expect(await store.isReferred(fileId, pasted)).toBe(true);
  expect(await store.isReferred(fileId, text('another.0'))).toBe(false);
});

test('while runs write nothing is let go', async () => {
  const hash = await store.put(Buffer.from('on its way into the document'));
  await store.refer({ fileId, holder: 'log' }, [hash]);
  const references = new DocumentReferences({
    fileId,
    doc: documentWith(),
    outputs: store,
    isWorking: () => true,
    log,
  });
  references.start();
  await store.sweep(LATER);
  expect(await store.get(hash)).not.toBeNull();
  await references.stop();
});

test('a store that takes nothing keeps no room from closing', async () => {
  await store.close();
  await tellAll(documentWith([display(ContentHash.parse('0'.repeat(64)))]));
  expect(warnings).toContain('what a notebook refers to was not stored');
});
