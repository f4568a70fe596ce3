/**
 * A mark beside a file that says: closed in good order, and not changed or copied since. A file without a mark that
 * fits deserves a look before it is trusted.
 */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';

export async function markCleanlyClosed(path: string): Promise<void> {
  await writeFile(markPath(path), await identityOf(path), { mode: 0o600 });
}

export async function isCleanlyClosed(path: string): Promise<boolean> {
  const mark = await readFile(markPath(path), 'utf8').catch(() => null);
  return mark !== null && mark === (await identityOf(path));
}

export async function clearCleanMark(path: string): Promise<void> {
  await rm(markPath(path), { force: true });
}

/** A copy has another inode, a changed file another time or size. */
async function identityOf(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path);
  return `${String(ino)} ${String(size)} ${String(mtimeMs)}\n`;
}

function markPath(path: string): string {
  return `${path}-closed`;
}
