/** How the terminal finds the hubs of a data folder. */
import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
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
  await writeFile(path.join(hubs, `${os.hostname()}-${String(gone)}.json`), '{}');
  await writeFile(path.join(hubs, 'note.txt'), 'of somebody else');
  await announce(scratch.path, said);
  const mine = `${os.hostname()}-${String(process.pid)}.json`;
  expect((await readdir(hubs)).sort()).toEqual([mine, 'note.txt'].sort());
  expect(JSON.parse(await readFile(path.join(hubs, mine), 'utf8'))).toEqual({
    ...said,
    host: os.hostname(),
    pid: process.pid,
  });
  await takeBack();
  expect(await readdir(hubs)).toEqual(['note.txt']);
  await scratch.remove();
});

test('hubs of two containers that share the folder leave each other’s alone, whatever their process ids', async () => {
  const scratch = await scratchFolder();
  const hubs = path.join(scratch.path, 'hubs');
  const gone = spawnSync(process.execPath, ['--version']).pid;
  const takeFirst = await announce(scratch.path, said, 'first');
  await writeFile(path.join(hubs, `first-${String(gone)}.json`), '{}');
  const takeSecond = await announce(scratch.path, said, 'second-1');
  const names = [`first-${String(gone)}`, `first-${String(process.pid)}`, `second-1-${String(process.pid)}`];
  expect((await readdir(hubs)).sort()).toEqual(names.map((name) => `${name}.json`).sort());
  await takeSecond();
  await takeFirst();
  expect(await readdir(hubs)).toEqual([`first-${String(gone)}.json`]);
  await scratch.remove();
});
