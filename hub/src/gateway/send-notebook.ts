/** Sends a notebook that is no file as its file would be: with what lies in the output store, as far as it may have that. */
import type { Response } from 'express';
import type { FileId } from '@cokernel/proto/hub';
import { storedReferences, type Notebook } from '@cokernel/proto/notebook';
import type { NotebookFiles } from '../room/notebook-files.js';
import type { OutputStore } from '../run/output-store.js';
import { writePart } from './response-parts.js';

export interface NotebookSources {
  readonly notebookFiles: Pick<NotebookFiles, 'send'>;
  readonly outputs: Pick<OutputStore, 'isReferred'>;
}

export async function sendNotebook(
  response: Response,
  { notebookFiles, outputs }: NotebookSources,
  { fileId, notebook }: { readonly fileId: FileId; readonly notebook: Notebook },
): Promise<void> {
  const named = storedReferences(notebook.cells);
  const isReferred = await Promise.all(named.map((name) => outputs.isReferred(fileId, name)));
  const readable = named.filter((_, index) => isReferred[index]);
  const onPiece = async (piece: Uint8Array): Promise<void> => {
    if (!(await writePart(response, piece))) throw new Error('who asked has left');
  };
  response.type('json');
  try {
    await notebookFiles.send({ notebook, readable, onPiece });
    response.end();
  } catch (error) {
    if (!response.destroyed) throw error;
  }
}
