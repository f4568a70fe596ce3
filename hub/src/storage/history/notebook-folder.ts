/** The folder of one notebook under a store's: made for the owner alone, and its name durable, when it is missing. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileId } from '@cokernel/proto/hub';
import { ownerOnlyFolder, syncFolder } from '../embedded/durable-files.js';

export function notebookFolder(folder: string, fileId: FileId): string {
  return join(folder, encodeURIComponent(fileId).replaceAll('.', '%2E'));
}

export async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: ownerOnlyFolder });
  if (made !== undefined) await syncFolder(dirname(made));
}
