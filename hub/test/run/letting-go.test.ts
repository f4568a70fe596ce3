/** Outputs of transcripts and notebooks that are no more are let go, and then removed; all others stay. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { FileId, RunId, type ContentHash } from '@cokernel/proto/hub';
import { GoneNotebooks } from '../../src/room/gone-notebooks.js';
import { identityOf } from '../../src/room/moved-file.js';
import { LettingGo } from '../../src/run/letting-go.js';
import type { Reference } from '../../src/run/output-store.js';
import { Transcripts } from '../../src/run/transcripts.js';
import { KeptFile } from '../../src/storage/kept/kept-file.js';
import { KeptFileIndex } from '../../src/storage/kept/kept-file-index.js';
import { EmbeddedTranscriptStore } from '../../src/storage/embedded/transcript-store.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { queuedRun } from '../support/queued-run.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const DAY_MS = 24 * 3_600_000;

let scratch: ScratchFolder;
let served: string;
let outputs: FileOutputStore;
let index: KeptFileIndex;
let transcripts: Transcripts;
let days: number;
let open: Set<FileId>;

const clock = (): Date => new Date(Date.now() + days * DAY_MS);

beforeEach(async () => {
  [days, open] = [0, new Set()];
  scratch = await scratchFolder();
  served = path.join(scratch.path, 'served');
  await mkdir(served);
  await start();
});

/** As a hub that starts: what it knows is what was stored. */
async function start(): Promise<void> {
  const onNotice = (): void => undefined;
  outputs = new FileOutputStore({ folder: path.join(scratch.path, 'outputs'), onNotice, now: clock });
  index = new KeptFileIndex({ text: new KeptFile(path.join(scratch.path, 'index.json')), onNotice });
  const store = new EmbeddedTranscriptStore({
    folder: path.join(scratch.path, 'transcripts'),
    log: pino({ level: 'silent' }),
  });
  for (const part of [outputs, index, store]) await part.start();
  transcripts = new Transcripts(store);
}

afterEach(async () => {
  await outputs.close();
  await scratch.remove();
});

/** So many days later a hub starts and does what it does each day. */
async function later(after: number): Promise<void> {
  days += after;
  await outputs.close();
  await start();
  const gone = new GoneNotebooks({ root: served, index, isOpen: (fileId) => open.has(fileId), clock });
  const letting = new LettingGo({
    outputs,
    transcripts,
    forgetNotebooks: (before) => gone.forget(before),
    isKnown: (fileId) => index.find(fileId) !== null,
    clock,
  });
  await letting.letGo();
  await outputs.sweep(new Date(clock().getTime() - 7 * DAY_MS));
}

async function stored(by: Reference): Promise<ContentHash> {
  const hash = await outputs.put(Buffer.from(JSON.stringify(by)));
  await outputs.refer(by, [hash]);
  return hash;
}

const isStored = async (hash: ContentHash): Promise<boolean> => (await outputs.get(hash)) !== null;

async function notebook(name: string): Promise<FileId> {
  const file = path.join(served, name);
  await writeFile(file, name);
  const fileId = await index.idOf(name);
  await index.seen(fileId, { identity: await identityOf(file), fileHash: null });
  return fileId;
}

test('[P44] outputs of a transcript stay a month after its last entry, and a week more; it goes then too', async () => {
  const [old, young] = [queuedRun({ runId: 'old', cell: null }), queuedRun({ runId: 'young', cell: null })];
  for (const run of [old, young]) await transcripts.begin(run);
  const hashes = await Promise.all(
    ['old', 'young'].map((runId) => stored({ fileId: FileId.parse(runId), holder: `transcript:${runId}` })),
  );
  const [name] = (await readdir(path.join(scratch.path, 'transcripts'))).filter((each) => each.startsWith('young'));
  const soon = new Date(Date.now() + 20 * DAY_MS);
  await utimes(path.join(scratch.path, 'transcripts', name ?? ''), soon, soon);
  await later(29);
  expect(await transcripts.has(RunId.parse('old'))).toBe(true);
  await later(2);
  expect(await Promise.all(['old', 'young'].map((id) => transcripts.has(RunId.parse(id))))).toEqual([false, true]);
  expect(await Promise.all(hashes.map(isStored))).toEqual([true, true]);
  await later(8);
  expect(await Promise.all(hashes.map(isStored))).toEqual([false, true]);
});

test('a transcript whose run goes on, or that somebody follows, stays however old it is', async () => {
  await transcripts.begin(queuedRun({ runId: 'long', cell: null }));
  await transcripts.removeBefore(new Date(Date.now() + DAY_MS));
  expect(await transcripts.has(RunId.parse('long'))).toBe(true);
});

test('[P44] outputs of a notebook stay a month after its file went, and a week more, then its id means nothing', async () => {
  const [gone, stays] = [await notebook('gone.ipynb'), await notebook('stays.ipynb')];
  const hashes = await Promise.all(
    [gone, stays].flatMap((fileId) => [stored({ fileId, holder: 'log' }), stored({ fileId, holder: 'version:1' })]),
  );
  await rm(path.join(served, 'gone.ipynb'));
  for (const after of [0, 29]) await later(after);
  expect(index.idAt('gone.ipynb')).toBe(gone);
  await later(2);
  expect(index.idAt('gone.ipynb')).toBeNull();
  expect(index.idAt('stays.ipynb')).toBe(stays);
  expect(await Promise.all(hashes.map(isStored))).toEqual([true, true, true, true]);
  await later(8);
  expect(await Promise.all(hashes.map(isStored))).toEqual([false, false, true, true]);
  expect(await outputs.references()).toHaveLength(2);
});

test('a notebook that came back, is open, or was moved is not forgotten', async () => {
  const [back, opened, moved] = [await notebook('back.ipynb'), await notebook('open.ipynb'), await notebook('a.ipynb')];
  open.add(opened);
  for (const name of ['back.ipynb', 'open.ipynb']) await rm(path.join(served, name));
  await rename(path.join(served, 'a.ipynb'), path.join(served, 'b.ipynb'));
  for (const after of [0, 20]) await later(after);
  await writeFile(path.join(served, 'back.ipynb'), 'again');
  await later(1);
  await rm(path.join(served, 'back.ipynb'));
  for (const after of [1, 20]) await later(after);
  expect(index.all().map(({ fileId }) => fileId)).toEqual([back, opened, moved]);
});
