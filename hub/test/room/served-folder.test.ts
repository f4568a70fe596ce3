/** The served folder never leads out, whatever a path says. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PathError, ServedFolder } from '../../src/room/served-folder.js';
import type { ScratchFolder } from '../support/scratch-folder.js';
import { scratchFolder } from '../support/scratch-folder.js';

let scratch: ScratchFolder;
let folder: ServedFolder;

beforeAll(async () => {
  scratch = await scratchFolder();
  const root = path.join(scratch.path, 'served');
  await mkdir(path.join(root, 'sub'), { recursive: true });
  await mkdir(path.join(scratch.path, 'served-too'));
  await writeFile(path.join(scratch.path, 'secret.txt'), 'secret');
  await writeFile(path.join(scratch.path, 'served-too', 'other.txt'), 'other');
  await writeFile(path.join(root, 'a.ipynb'), '{}');
  await writeFile(path.join(root, 'sub', 'b.txt'), 'b');
  await writeFile(path.join(root, '..odd'), 'odd');
  await symlink(path.join(scratch.path, 'secret.txt'), path.join(root, 'link-out'));
  await symlink(scratch.path, path.join(root, 'folder-out'));
  await symlink(path.join(root, 'a.ipynb'), path.join(root, 'sub', 'link-in.ipynb'));
  folder = new ServedFolder(root);
});

afterAll(() => scratch.remove());

/** The code of the PathError, or where the path leads. */
function lead(relative: string): Promise<string> {
  return folder.resolve(relative).then(
    (absolute) => folder.relative(absolute),
    (error: unknown) => {
      if (error instanceof PathError) return error.code;
      throw error;
    },
  );
}

describe('a path', () => {
  test.each<[string, string]>([
    ['a.ipynb', 'a.ipynb'],
    ['sub/b.txt', 'sub/b.txt'],
    ['sub//b.txt', 'sub/b.txt'],
    ['sub/../a.ipynb', 'a.ipynb'],
    ['/a.ipynb', 'a.ipynb'],
    ['', ''],
    ['..odd', '..odd'],
    ['sub/link-in.ipynb', 'a.ipynb'],
    ['missing', 'missing'],
    ['missing/a.ipynb', 'missing'],
    ['a.ipynb/b', 'missing'],
  ])('%j leads to %j', async (relative, expected) => {
    expect(await lead(relative)).toBe(expected);
  });

  test.each([
    '..',
    '../secret.txt',
    'sub/../../secret.txt',
    '../served-too/other.txt',
    'link-out',
    'folder-out/secret.txt',
    'folder-out',
    'a.ipynb\0.txt',
    '../served/../secret.txt',
  ])('%j leads out and is refused', async (relative) => {
    expect(await lead(relative)).toBe('outside');
  });

  test('that is absolute is taken as one in the folder', async () => {
    expect(await lead('/etc/passwd')).toBe('missing');
    expect(await lead(path.join(scratch.path, 'secret.txt'))).toBe('missing');
  });
});

describe('the folder', () => {
  test('is listed with folders first, and without links that lead out', async () => {
    const entries = await folder.list('');
    expect(entries.map(({ name, type }) => [name, type])).toEqual([
      ['sub', 'directory'],
      ['a.ipynb', 'notebook'],
    ]);
  });

  test('of a sub-folder gives paths from the top', async () => {
    expect((await folder.list('sub')).map((entry) => entry.path)).toEqual(['sub/b.txt', 'sub/link-in.ipynb']);
  });
});
