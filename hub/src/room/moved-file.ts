/**
 * Finds a notebook that another program moved within the served folder: the same file under another name. Looks at
 * notebooks only, so that an editor's backup (`a.ipynb~`) is not taken for the file that it saves.
 */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/**
 * One file of the machine, whatever its name: its inode, which another file gets when it is gone, and when that one was made. Not
 * its device, which on some file systems has another number after each start of the machine; it stands for the time of birth
 * where there is none.
 */
export const FileIdentity = z.string().brand<'FileIdentity'>();
export type FileIdentity = z.infer<typeof FileIdentity>;

/** Of a folder with more, only so many are looked at. */
const MAX_ENTRIES = 50_000;

export async function identityOf(absolute: string): Promise<FileIdentity | null> {
  const found = await stat(absolute, { bigint: true }).catch(() => null);
  if (found === null) return null;
  const { ino, birthtimeNs, dev } = found;
  return FileIdentity.parse(
    birthtimeNs > 0n ? `${String(ino)}@${String(birthtimeNs)}` : `${String(ino)}/${String(dev)}`,
  );
}

/** The absolute path of the file that is one of these; null when it is nowhere below `root`. */
export async function findMoved(root: string, wanted: readonly FileIdentity[]): Promise<string | null> {
  for await (const [absolute, identity] of notebooksBelow(root)) if (wanted.includes(identity)) return absolute;
  return null;
}

/** All notebooks in a folder and its folders, by their absolute paths; hidden ones are left out. */
export async function* notebooksBelow(root: string): AsyncGenerator<readonly [absolute: string, FileIdentity]> {
  const folders = [root];
  let left = MAX_ENTRIES;
  for (let folder = folders.shift(); folder !== undefined && left > 0; folder = folders.shift()) {
    const entries = (await entriesOf(folder)).filter(({ name }) => !name.startsWith('.') && name !== 'node_modules');
    left -= entries.length;
    for (const entry of entries) {
      const absolute = path.join(folder, entry.name);
      if (entry.isDirectory()) folders.push(absolute);
      const identity = entry.isFile() && entry.name.endsWith('.ipynb') ? await identityOf(absolute) : null;
      if (identity !== null) yield [absolute, identity];
    }
  }
}

/** A folder that can't be read has nothing that we could follow. */
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}
