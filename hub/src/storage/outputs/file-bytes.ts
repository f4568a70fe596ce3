/** What stands in one file of the store, up to the size that it had when it was looked at. */
import { open, stat } from 'node:fs/promises';
import type { ByteRange, StoredBytes } from '../../run/output-store.js';
import { isMissing } from '../embedded/durable-files.js';

/** What one read of the disk brings: enough to be fast, and little to hold for each who reads. */
const PIECE_BYTES = 128 * 1024;

export class FileBytes implements StoredBytes {
  constructor(
    private readonly path: string,
    readonly size: number,
  ) {}

  async *read(range: ByteRange = { start: 0, end: this.size }): AsyncGenerator<Uint8Array> {
    const end = Math.min(range.end, this.size);
    const handle = await open(this.path, 'r');
    try {
      for (let at = range.start; at < end;) {
        const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
        const { bytesRead } = await handle.read(piece, 0, piece.length, at);
        if (bytesRead === 0) throw new Error(`${this.path} is shorter than it was.`);
        at += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }
}

/** Null when there is no such file. */
export async function fileBytes(path: string): Promise<FileBytes | null> {
  const found = await statIfThere(path);
  return found === null ? null : new FileBytes(path, found.size);
}

export interface FileFacts {
  readonly size: number;
  readonly mtimeMs: number;
  readonly nlink: number;
}

export async function statIfThere(path: string): Promise<FileFacts | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
