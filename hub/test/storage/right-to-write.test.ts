/** What a hub writes where the next one writes too, when it may have lost the right to: nothing, and what it still had in hand spoils nothing. */
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Epoch, FileId, RunId, TextId, VersionId, type TranscriptEntry } from '@cokernel/proto/hub';
import { pino } from 'pino';
import { LeaseEnded, type Right } from '../../src/right.js';
import { ServedFolder } from '../../src/room/served-folder.js';
import { type FolderStore, openFolderStore } from '../../src/storage/embedded/open-folder-store.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const at = '2026-01-01T00:00:00.000Z';
const fileId = FileId.parse('a');
const runId = RunId.parse('r');
const log = { fileId, holder: 'log' };

let scratch: ScratchFolder;
let isHeld: boolean;
let store: FolderStore;
let outputs: FileOutputStore;
const right: Right = { isHeld: () => isHeld };

const inStore = (...names: string[]): string => path.join(scratch.path, 'store', ...names);

const openStore = (): Promise<FolderStore> =>
  openFolderStore({ directory: inStore(), right, onNotice: () => undefined, log: pino({ level: 'silent' }) });

async function openOutputs(): Promise<FileOutputStore> {
  const opened = new FileOutputStore({
    folder: inStore('outputs'),
    right,
    onNotice: () => undefined,
    now: () => new Date(),
  });
  await opened.start();
  return opened;
}

beforeEach(async () => {
  isHeld = true;
  scratch = await scratchFolder();
  store = await openStore();
  outputs = await openOutputs();
});

afterEach(async () => {
  isHeld = true;
  await Promise.allSettled([store.close(), outputs.close()]);
  await scratch.remove();
});

/** All files, and what is in them. */
async function everything(folder = scratch.path): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(folder, { recursive: true });
  const files = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      return (await stat(file)).isFile() ? [[name, (await readFile(file)).toString('hex')] as const] : [];
    }),
  );
  return Object.fromEntries(files.flat());
}

const line = (text: string): TranscriptEntry => ({ type: 'streamText', name: 'stdout', text });
const version = (content: string) => ({ at, kind: 'afterBatch', name: null, author: null, cells: 1, content }) as const;

describe('without the right', () => {
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a transcript', () => store.transcripts.append(runId, [line('late')])],
    ['a transcript that begins', () => store.transcripts.append(RunId.parse('new'), [])],
    ['old transcripts', () => store.transcripts.removeBefore(new Date(Date.now() + 60_000), () => false)],
    ['a version', () => store.timeline.versions.add(fileId, version('late'))],
    ['a version’s name', () => store.timeline.versions.name(fileId, VersionId.parse('1'), 'late')],
    ['versions to be removed', () => store.timeline.versions.remove(fileId, [VersionId.parse('1')])],
    ['a history', () => store.timeline.history.begin(fileId, { at, epoch: Epoch.parse('e'), state: 'AAA=' })],
    ['a reference', () => outputs.refer(log, [TextId.parse('t')])],
    ['a text that grows', () => outputs.grow(TextId.parse('t'), 0)],
    ['a text that is gone on with', () => grown.then((text) => (text.append('late'), text.durable()))],
    ['an output that is being written', () => openOutputs()],
    ['what nobody refers to', () => outputs.sweep(new Date(Date.now() + 60_000))],
  ];
  let grown: ReturnType<typeof outputs.grow>;

  beforeEach(async () => {
    await store.transcripts.append(runId, [line('one')]);
    await store.timeline.versions.add(fileId, version('one'));
    await outputs.put(Buffer.from('of nobody'));
    await writeFile(inStore('outputs', 'drafts', 'draft'), 'half of it');
    grown = outputs.grow(TextId.parse('u'), 0);
    (await grown).append('begun');
    await (await grown).durable();
  });

  test.each(steps)('%s is left as it is, and who asks is told', async (_, step) => {
    const before = await everything();
    isHeld = false;
    await expect(step()).rejects.toThrow(LeaseEnded);
    expect(await everything()).toEqual(before);
  });

  test('nothing in the served folder is removed', async () => {
    const served = path.join(scratch.path, 'served');
    await mkdir(served);
    await writeFile(path.join(served, 'a.txt'), 'a');
    isHeld = false;
    await expect(new ServedFolder(served, right).remove('a.txt')).rejects.toThrow(LeaseEnded);
    expect(await readdir(served)).toEqual(['a.txt']);
  });
});

describe('a transcript that one hub after the other writes', () => {
  const mark = (seq: number) => ({ journalId: 'j', seq, reducerState: null, end: null });

  test('has nothing of what the former still brings, once the next one has begun', async () => {
    const next = await openStore();
    await store.transcripts.append(runId, [line('one')], mark(1));
    await next.transcripts.append(runId, []);
    expect(await next.transcripts.mark(runId)).toEqual(mark(1));
    await store.transcripts.append(runId, [line('late')], mark(9));
    await next.transcripts.append(runId, [line('two')], mark(2));
    await store.transcripts.append(runId, [line('later')], mark(10));
    for (const one of [store, next]) {
      expect(await one.transcripts.read(runId)).toEqual([line('one'), line('two')]);
      expect(await one.transcripts.mark(runId)).toEqual(mark(2));
    }
    await next.close();
  });

  test('has what three brought, and lines of versions that named no writer', async () => {
    const [name = ''] = await store.transcripts
      .append(runId, [line('one')])
      .then(() => readdir(inStore('transcripts')));
    await appendFile(inStore('transcripts', name), `${JSON.stringify(line('of old'))}\n`);
    for (const text of ['two', 'three']) {
      const next = await openStore();
      await next.transcripts.append(runId, [line(text)]);
      await next.close();
    }
    expect(await store.transcripts.read(runId)).toEqual(['one', 'of old', 'two', 'three'].map(line));
  });
});
