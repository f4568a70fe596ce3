/**
 * The .ipynb of one notebook on disk: read, and replaced as a whole (never half-written). Before it is replaced, the
 * hash of what stands there is compared with what this hub last read or wrote: somebody else's version is never
 * overwritten, it is kept beside under a name that says so (X3).
 */
import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';

export interface FileContent {
  readonly text: string;
  /** SHA-256 (hex) of the bytes. */
  readonly hash: string;
}

/** `keptAs`: where another program's version went, when there was one. */
export interface WriteOutcome {
  readonly hash: string;
  readonly keptAs: string | null;
}

export function contentHash(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Null when there is no such file. */
export async function readNotebookFile(absolute: string): Promise<FileContent | null> {
  const bytes = await readFile(absolute).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (bytes === null) return null;
  return { text: new TextDecoder('utf-8').decode(bytes), hash: contentHash(bytes) };
}

/** Replaces the file. `lastHash`: what this hub knows to stand there; null when it knows of none. */
export async function writeNotebookFile(
  absolute: string,
  text: string,
  lastHash: string | null,
  now: Date,
): Promise<WriteOutcome> {
  const hash = contentHash(text);
  const onDisk = await readNotebookFile(absolute);
  if (onDisk?.hash === hash) return { hash, keptAs: null };
  const foreign = onDisk !== null && lastHash !== null && onDisk.hash !== lastHash;
  const keptAs = foreign ? keptName(absolute, now) : null;
  if (keptAs !== null) await copyFile(absolute, keptAs);
  await writeFileAtomic(absolute, text);
  return { hash, keptAs };
}

function keptName(absolute: string, now: Date): string {
  const { dir, name, ext } = path.parse(absolute);
  const stamp = now.toISOString().slice(0, 23).replace('T', ' ').replaceAll(':', '.');
  return path.join(dir, `${name} (found on disk ${stamp})${ext}`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
