/** What other programs do to a file, and whether it is seen. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DiskWatch } from '../../src/room/disk-watch.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';
import { waitUntil } from '../support/wait-until.js';

let scratch: ScratchFolder;
let file: string;
let watch: DiskWatch;
let seen: number;

async function watched(everyMs: number): Promise<void> {
  watch = new DiskWatch({
    path: file,
    everyMs,
    onMaybeChanged: () => (seen += 1),
    onError: (error) => {
      throw error;
    },
  });
  await watch.start();
}

beforeEach(async () => {
  scratch = await scratchFolder();
  await mkdir(path.join(scratch.path, 'folder'));
  file = path.join(scratch.path, 'folder', 'a.ipynb');
  await writeFile(file, 'first');
  seen = 0;
});

afterEach(async () => {
  watch.stop();
  watch.stop();
  await scratch.remove();
});

async function isSeen(what: string, change: () => Promise<void>): Promise<void> {
  const before = seen;
  await change();
  await waitUntil(what, () => seen > before);
}

test('each way in which programs write a file is told, one after the other', async () => {
  // Never by looking: that would hide what the system's news miss.
  await watched(3_600_000);
  await isSeen('a write in place', () => writeFile(file, 'second'));
  for (const round of ['third', 'fourth']) {
    await isSeen('a replacement by rename', async () => {
      await writeFile(`${file}.tmp`, round);
      await rename(`${file}.tmp`, file);
    });
  }
  await isSeen('a removal', () => rm(file));
  await isSeen('a new file', () => writeFile(file, 'fifth'));
  await isSeen('a rename away', () => rename(file, `${file}.old`));
  await isSeen('a rename back', () => rename(`${file}.old`, file));
});

test('a change in a folder that was gone and is there again is told', async () => {
  await watched(100);
  const folder = path.dirname(file);
  await isSeen('the end of the folder', () => rm(folder, { recursive: true }));
  await isSeen('a file in its new folder', async () => {
    await mkdir(folder);
    await writeFile(file, 'second');
  });
  await isSeen('a later write', () => writeFile(file, 'the third one'));
});

test('other files of the folder are no news', async () => {
  await watched(3_600_000);
  await writeFile(path.join(path.dirname(file), 'b.ipynb'), 'other');
  // By rename, which is one piece of news; a write in place is two, of which the second may be late.
  await writeFile(`${file}.tmp`, 'second');
  await isSeen('another file in its place', () => rename(`${file}.tmp`, file));
  const before = seen;
  await rm(path.join(path.dirname(file), 'b.ipynb'));
  await writeFile(path.join(path.dirname(file), 'c.ipynb'), 'other');
  await mkdir(path.join(path.dirname(file), 'sub'));
  await isSeen('a removal of the file', () => rm(file));
  expect(seen).toBe(before + 1);
});

test('[X3] where no watch is to be had, it is looked at now and then', async () => {
  file = path.join(scratch.path, 'not yet', 'a.ipynb');
  const told: unknown[] = [];
  watch = new DiskWatch({
    path: file,
    everyMs: 20,
    onMaybeChanged: () => (seen += 1),
    onError: (error) => told.push(error),
  });
  await watch.start();
  expect(told).toHaveLength(1);
  await isSeen('a file in a folder that is new', async () => {
    await mkdir(path.dirname(file));
    await writeFile(file, 'first');
  });
});
