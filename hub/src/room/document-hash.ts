/** The hash of what a document says, whatever its history. */
import type * as Y from 'yjs';
import { readDocument, writeSnapshot, type Notebook } from '@cokernel/proto/notebook';
import { contentHash } from './notebook-file.js';

export function documentHash(doc: Y.Doc): string {
  return notebookHash(readDocument(doc));
}

/** SHA-256 (hex). */
export function notebookHash(notebook: Notebook): string {
  return contentHash(writeSnapshot(notebook));
}
