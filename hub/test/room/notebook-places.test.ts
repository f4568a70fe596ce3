/** Which notebook a file is after other programs moved, copied, swapped and replaced files while nobody had them open (X22). */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FileId } from '@cokernel/proto/hub';
import { NotebookPlaces } from '../../src/room/notebook-places.js';
import { ServedFolder } from '../../src/room/served-folder.js';
import { KeptFile } from '../../src/storage/kept/kept-file.js';
import { KeptFileIndex } from '../../src/storage/kept/kept-file-index.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

let scratch: ScratchFolder;
let served: string;
let places: NotebookPlaces;
let a: FileId;
let b: FileId;

const at = (name: string): string => path.join(served, name);

/** A hub that starts now. */
async function started(): Promise<NotebookPlaces> {
  const index = new KeptFileIndex({
    text: new KeptFile(path.join(scratch.path, 'index.json')),
    onNotice: () => undefined,
  });
  await index.start();
  return new NotebookPlaces({ folder: new ServedFolder(served), index, lookIfOpen: () => Promise.resolve(false) });
}

beforeEach(async () => {
  scratch = await scratchFolder();
  served = path.join(scratch.path, 'served');
  await mkdir(at('below'), { recursive: true });
  for (const name of ['a', 'b']) await writeFile(at(`${name}.ipynb`), `of ${name}`);
  places = await started();
  a = await places.idOf('a.ipynb');
  b = await places.idOf('b.ipynb');
});

afterEach(() => scratch.remove());

/** As programs save that write another file first. */
async function replace(name: string, content: string): Promise<void> {
  await writeFile(at(`${name}.new`), content);
  await rename(at(`${name}.new`), at(name));
}

/** Without the inode, as between two file systems, or by a version control system. */
async function moveByContent(from: string, to: string): Promise<void> {
  await copyFile(at(from), at(to));
  await rm(at(from));
}

test('[X22] a file that was moved is the same notebook, also one that was changed then, and while no hub ran', async () => {
  await rename(at('a.ipynb'), at('below/moved.ipynb'));
  await writeFile(at('below/moved.ipynb'), 'changed');
  expect(await places.idOf('below/moved.ipynb')).toBe(a);
  await rename(at('b.ipynb'), at('a.ipynb'));
  places = await started();
  expect(await places.placeOf(b)).toBe('a.ipynb');
  expect(await places.idOf('a.ipynb')).toBe(b);
  expect(await places.idOf('below/moved.ipynb')).toBe(a);
});

test('[X22] two files whose names were swapped keep their ids, three in a circle too', async () => {
  await writeFile(at('c.ipynb'), 'of c');
  const c = await places.idOf('c.ipynb');
  await rename(at('a.ipynb'), at('x'));
  await rename(at('b.ipynb'), at('a.ipynb'));
  await rename(at('x'), at('b.ipynb'));
  expect(await places.placeOf(a)).toBe('b.ipynb');
  expect([await places.idOf('a.ipynb'), await places.idOf('b.ipynb')]).toEqual([b, a]);
  await rename(at('a.ipynb'), at('x'));
  await rename(at('b.ipynb'), at('a.ipynb'));
  await rename(at('c.ipynb'), at('b.ipynb'));
  await rename(at('x'), at('c.ipynb'));
  const ids = await Promise.all(['a.ipynb', 'b.ipynb', 'c.ipynb'].map((name) => places.idOf(name)));
  expect(ids).toEqual([a, c, b]);
});

test('[X22] a file that is saved by a rename keeps its id, however often, and another that takes its place does not', async () => {
  await replace('a.ipynb', 'saved');
  expect(await places.idOf('a.ipynb')).toBe(a);
  await replace('a.ipynb', 'saved again');
  places = await started();
  expect(await places.idOf('a.ipynb')).toBe(a);
  await rename(at('a.ipynb'), at('below/old.ipynb'));
  await writeFile(at('a.ipynb'), 'a new one');
  const fresh = await places.idOf('a.ipynb');
  expect([a, b]).not.toContain(fresh);
  expect(await places.idOf('below/old.ipynb')).toBe(a);
  expect(await places.idOf('a.ipynb')).toBe(fresh);
});

test('[X22] a copy is another notebook, whichever is asked for first, and so is a second name', async () => {
  await copyFile(at('a.ipynb'), at('copy.ipynb'));
  await link(at('b.ipynb'), at('link.ipynb'));
  const [copy, second] = [await places.idOf('copy.ipynb'), await places.idOf('link.ipynb')];
  expect(new Set([a, b, copy, second]).size).toBe(4);
  expect([await places.idOf('a.ipynb'), await places.idOf('b.ipynb')]).toEqual([a, b]);
  expect([await places.idOf('copy.ipynb'), await places.idOf('link.ipynb')]).toEqual([copy, second]);
});

test('[X22] a file that came anew with what it said, where none of its kind is any more, is the same notebook', async () => {
  await moveByContent('a.ipynb', 'below/moved.ipynb');
  expect(await places.idOf('below/moved.ipynb')).toBe(a);
  expect(await places.placeOf(a)).toBe('below/moved.ipynb');
});

test('[X22] of files that said the same none is taken for another, nor are those that say nothing', async () => {
  await writeFile(at('same.ipynb'), await readFile(at('a.ipynb')));
  const same = await places.idOf('same.ipynb');
  await writeFile(at('empty.ipynb'), '');
  const empty = await places.idOf('empty.ipynb');
  await moveByContent('a.ipynb', 'below/1.ipynb');
  for (const name of ['same.ipynb', 'empty.ipynb']) await rm(at(name));
  await writeFile(at('below/2.ipynb'), '');
  expect([a, same]).not.toContain(await places.idOf('below/1.ipynb'));
  expect(await places.idOf('below/2.ipynb')).not.toBe(empty);
});

test('a notebook whose file is nowhere has no place, and is back when it is', async () => {
  await rename(at('a.ipynb'), path.join(scratch.path, 'outside.ipynb'));
  expect(await places.placeOf(a)).toBeNull();
  await expect(places.idOf('a.ipynb')).rejects.toMatchObject({ code: 'missing' });
  await rename(path.join(scratch.path, 'outside.ipynb'), at('below/back.ipynb'));
  expect(await places.placeOf(a)).toBe('below/back.ipynb');
});
