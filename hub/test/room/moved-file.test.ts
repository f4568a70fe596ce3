/** A file that another program moved is found by what it is, not by its name. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type FileIdentity, findMoved, identityOf } from '../../src/room/moved-file.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

let scratch: ScratchFolder;
let at: (name: string) => string;
let identity: FileIdentity;

beforeEach(async () => {
  scratch = await scratchFolder();
  at = (name) => path.join(scratch.path, name);
  await mkdir(at('deep/deeper'), { recursive: true });
  await mkdir(at('.git'));
  for (const name of ['a.ipynb', 'b.ipynb', 'deep/c.ipynb']) await writeFile(at(name), 'the same');
  const found = await identityOf(at('a.ipynb'));
  if (found === null) throw new Error('the file is not there');
  identity = found;
});

afterEach(() => scratch.remove());

test('[X22] under any other name of a notebook, in any folder', async () => {
  await rename(at('a.ipynb'), at('deep/deeper/renamed.ipynb'));
  expect(await findMoved(scratch.path, [identity])).toBe(at('deep/deeper/renamed.ipynb'));
});

test('but not as an editor’s backup, in a hidden folder, or when it is gone', async () => {
  await rename(at('a.ipynb'), at('a.ipynb~'));
  expect(await findMoved(scratch.path, [identity])).toBeNull();
  await rename(at('a.ipynb~'), at('.git/a.ipynb'));
  expect(await findMoved(scratch.path, [identity])).toBeNull();
  expect(await findMoved(at('none'), [identity])).toBeNull();
});
