/**
 * Finds a notebook that another program moved within the served folder: the same file under another name. Looks at
 * notebooks only, so that an editor's backup (`a.ipynb~`) is not taken for the file that it saves.
 */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** One file of the machine, whatever its name. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Of a folder with more, only so many are looked at. */
const MAX_ENTRIES = 50_000;

export async function identityOf(absolute: string): Promise<FileIdentity | null> {
  const found = await stat(absolute).catch(() => null);
  return found === null ? null : { dev: found.dev, ino: found.ino };
}

/** Its absolute path now; null when it is nowhere below `root`. */
export async function findMoved(root: string, wanted: FileIdentity): Promise<string | null> {
  const folders = [root];
  let left = MAX_ENTRIES;
  for (let folder = folders.shift(); folder !== undefined && left > 0; folder = folders.shift()) {
    const entries = (await entriesOf(folder)).filter(({ name }) => !name.startsWith('.') && name !== 'node_modules');
    left -= entries.length;
    for (const entry of entries) {
      const absolute = path.join(folder, entry.name);
      if (entry.isDirectory()) folders.push(absolute);
      else if (entry.isFile() && entry.name.endsWith('.ipynb') && (await isSame(absolute, wanted))) return absolute;
    }
  }
  return null;
}

async function isSame(absolute: string, { dev, ino }: FileIdentity): Promise<boolean> {
  const found = await identityOf(absolute);
  return found?.dev === dev && found.ino === ino;
}

/** A folder that can't be read has nothing that we could follow. */
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}
