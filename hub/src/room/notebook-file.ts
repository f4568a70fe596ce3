/** The .ipynb of one notebook on disk, by the hash of its bytes: never by its times, which tell nothing (X3). */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FileTraits } from './file-index.js';
import { identityOf } from './moved-file.js';

/** A larger file is read as what it should be. */
const MAX_BLANK_BYTES = 1024;

/** At a file that others keep replacing. */
const MOST_LOOKS = 10;

export function contentHash(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Of a file's bytes, in bounded memory; null when there is no such file. */
export async function hashOfFile(absolute: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(absolute) as AsyncIterable<Uint8Array>) hash.update(piece);
    return hash.digest('hex');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Which file stands there and what is in it, of one and the same file. */
export async function lookAt(absolute: string): Promise<FileTraits> {
  for (let looks = 1; ; looks += 1) {
    const identity = await identityOf(absolute);
    const fileHash = await hashOfFile(absolute);
    if (looks === MOST_LOOKS || (await identityOf(absolute)) === identity) return { identity, fileHash };
  }
}

/** Copies what another program wrote to a name beside it that says so. Answers the copy's path. */
export async function keepAside(absolute: string, now: Date): Promise<string> {
  const { dir, name, ext } = path.parse(absolute);
  const stamp = now.toISOString().slice(0, 23).replace('T', ' ').replaceAll(':', '.');
  const kept = path.join(dir, `${name} (found on disk ${stamp})${ext}`);
  await copyFile(absolute, kept);
  return kept;
}

/** Nothing is written in it: what a program leaves that is just about to write. */
export async function isBlank(absolute: string): Promise<boolean> {
  const found = await stat(absolute).catch(() => null);
  if (found === null || found.size > MAX_BLANK_BYTES) return false;
  return (await readFile(absolute, 'utf8').catch(() => '')).trim() === '';
}

export async function isThere(absolute: string): Promise<boolean> {
  return (await lstat(absolute).catch(() => null)) !== null;
}

export function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
