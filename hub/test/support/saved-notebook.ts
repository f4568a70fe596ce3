/** One notebook's file and its document over a real log, without a room. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { FileId } from '@cokernel/proto/hub';
import { FileSync } from '../../src/room/file-sync.js';
import type { NotebookFiles } from '../../src/room/notebook-files.js';
import { EmbeddedDocumentStore } from '../../src/storage/embedded/document-store.js';
import { notebookFilesIn } from './notebook-files.js';
import { MemoryOutputs } from './memory-outputs.js';

export const SAVED_ID = FileId.parse('a-notebook');

/** In a folder of its own below the one with the notebook. */
export async function storeIn(folder: string): Promise<EmbeddedDocumentStore> {
  const own = path.join(folder, '.store');
  await mkdir(own, { recursive: true });
  const store = new EmbeddedDocumentStore({ folder: own, onNotice: () => undefined, now: () => new Date() });
  await store.start();
  return store;
}

export function filesOf(
  store: EmbeddedDocumentStore,
  folder: string,
  change: (files: NotebookFiles) => NotebookFiles = (files) => files,
): FileSync {
  return new FileSync({
    store,
    notebookFiles: change(notebookFilesIn(path.join(folder, '.outputs'))),
    outputStore: new MemoryOutputs(),
    newId: randomUUID,
    clock: () => new Date(),
  });
}
