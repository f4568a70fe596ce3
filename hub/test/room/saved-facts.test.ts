/** What a file was made from is known whatever moment of a save the hub is killed in, and whoever writes to it then (X3). */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CellId } from '@cokernel/proto/hub';
import {
  makeCodeCell,
  makeNotebook,
  mergeNotebooks,
  readDocument,
  readNotebook,
  writeNotebook,
} from '@cokernel/proto/notebook';
import { decodeBase } from '../../src/room/disk-base.js';
import { hashOfFile } from '../../src/room/notebook-file.js';
import { SAVED_ID, filesOf, storeIn } from '../support/saved-notebook.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const PROGRAM = fileURLToPath(new URL('../support/save-until-killed.ts', import.meta.url));
const SLOW_MS = 120_000;

let scratch: ScratchFolder;
let file: string;

beforeEach(async () => {
  scratch = await scratchFolder();
  file = path.join(scratch.path, 'a.ipynb');
  const cells = ['first', 'second'].map((source, index) => ({
    ...makeCodeCell(source),
    id: CellId.parse(`c${String(index)}`),
  }));
  await writeFile(file, writeNotebook(makeNotebook(cells)));
});

afterEach(() => scratch.remove());

/** A hub opens the notebook, sets its first cell to `typed`, saves, and is killed at this moment. */
async function killedAt(moment: 'before' | 'after'): Promise<void> {
  const child = spawn(process.execPath, ['--import', TSX, PROGRAM, scratch.path, moment], { stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

/** What the next hub makes of it: the sources, and whether it takes the file for one that another program changed. */
async function opened() {
  const store = await storeIn(scratch.path);
  const { doc, log, saved } = await filesOf(store, scratch.path).open(SAVED_ID, file, 2);
  const onDisk = readNotebook(await readFile(file, 'utf8')).notebook;
  const { merged, conflicts } = mergeNotebooks(decodeBase(saved.base), readDocument(doc), onDisk);
  await log.close();
  await store.close();
  const isChanged = saved.fileHash !== (await hashOfFile(file));
  return { isChanged, conflicts, sources: merged.cells.map(({ source }) => source) };
}

/** Another program changes a cell. */
async function change(cell: number, source: string): Promise<void> {
  const { notebook } = readNotebook(await readFile(file, 'utf8'));
  const cells = notebook.cells.map((each, index) => (index === cell ? { ...each, source } : each));
  await writeFile(file, writeNotebook({ ...notebook, cells }));
}

const drafts = async (): Promise<string[]> => (await readdir(scratch.path)).filter((name) => name.endsWith('.saving'));

test.each(['before', 'after'] as const)(
  '[X3] a hub that is killed %s its file takes the place finds nothing that was changed',
  async (moment) => {
    await killedAt(moment);
    expect(await drafts()).toHaveLength(moment === 'before' ? 1 : 0);
    const expected = { isChanged: false, conflicts: [], sources: ['typed', 'second'] };
    expect(await opened()).toEqual(expected);
    expect(await drafts()).toEqual([]);
    expect(await opened()).toEqual(expected);
  },
  SLOW_MS,
);

test(
  '[X3] a file that was saved when the hub was killed, and changed then, is merged from what was saved: no conflict',
  async () => {
    await killedAt('after');
    await change(0, 'typed on');
    const expected = { isChanged: true, conflicts: [], sources: ['typed on', 'second'] };
    expect(await opened()).toEqual(expected);
    expect(await opened()).toEqual(expected);
  },
  SLOW_MS,
);

test(
  '[X3] a file that was not saved yet when the hub was killed, and changed then, takes nothing back of what was typed',
  async () => {
    await killedAt('before');
    await change(1, 'theirs');
    const expected = { isChanged: true, conflicts: [], sources: ['typed', 'theirs'] };
    expect(await opened()).toEqual(expected);
    expect(await opened()).toEqual(expected);
  },
  SLOW_MS,
);

test(
  '[X3] a draft that somebody removed changes nothing of that',
  async () => {
    await killedAt('before');
    for (const name of await drafts()) await rm(path.join(scratch.path, name));
    expect(await opened()).toEqual({ isChanged: false, conflicts: [], sources: ['typed', 'second'] });
  },
  SLOW_MS,
);
