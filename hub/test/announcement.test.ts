/** How the terminal finds the hubs of a data folder. */
import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { announce } from '../src/announcement.js';
import { scratchFolder } from './support/scratch-folder.js';

const said = { url: 'http://127.0.0.1:1', token: 't', folder: '/served' };

test('a hub is announced while it runs, and what a killed one left is removed', async () => {
  const scratch = await scratchFolder();
  const hubs = path.join(scratch.path, 'hubs');
  const takeBack = await announce(scratch.path, said);
  const gone = spawnSync(process.execPath, ['--version']).pid;
  await writeFile(path.join(hubs, `${String(gone)}.json`), '{}');
  await writeFile(path.join(hubs, 'note.txt'), 'of somebody else');
  await announce(scratch.path, said);
  const mine = `${String(process.pid)}.json`;
  expect((await readdir(hubs)).sort()).toEqual([mine, 'note.txt'].sort());
  expect(JSON.parse(await readFile(path.join(hubs, mine), 'utf8'))).toEqual({ ...said, pid: process.pid });
  await takeBack();
  expect(await readdir(hubs)).toEqual(['note.txt']);
  await scratch.remove();
});
