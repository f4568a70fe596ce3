/**
 * `/api/hub/notebooks/<fileId>/copies`: what clients of another history had, as notebooks to look at, to download, and to
 * take back from what is missed (X1).
 */
import { Router } from 'express';
import * as Y from 'yjs';
import { FileId } from '@cokernel/proto/hub';
import { readDocument, type Notebook } from '@cokernel/proto/notebook';
import type { DocumentStore } from '../../room/document-store.js';
import { HttpError } from '../http-error.js';
import { sendNotebook, type NotebookSources } from '../send-notebook.js';

export interface CopyRoutes extends NotebookSources {
  readonly documents: DocumentStore;
}

export function copyRouter({ documents, ...sources }: CopyRoutes): Router {
  const router = Router();
  router.get('/hub/notebooks/:fileId/copies', async (request, response) => {
    const names = await documents.foreignCopies(fileIdIn(request.params.fileId));
    response.json({ copies: names.map((name) => ({ name, keptAt: keptAt(name) })) });
  });
  router.get('/hub/notebooks/:fileId/copies/:name', async (request, response) => {
    const { name } = request.params;
    const fileId = fileIdIn(request.params.fileId);
    const state = await documents.readForeignCopy(fileId, name);
    if (state === null) throw new HttpError(404, 'there is no such copy');
    const notebook = notebookOf(state);
    response.attachment(name.replace(/\.yjs$/, '.ipynb'));
    await sendNotebook(response, sources, { fileId, notebook });
  });
  return router;
}

/** A stock client's document can be anything. */
function notebookOf(state: Uint8Array): Notebook {
  const doc = new Y.Doc();
  try {
    Y.applyUpdate(doc, state);
    return readDocument(doc);
  } catch {
    throw new HttpError(422, 'what the client sent is no notebook; it is kept as it came');
  } finally {
    doc.destroy();
  }
}

function fileIdIn(text: string): FileId {
  const fileId = FileId.safeParse(text);
  if (!fileId.success) throw new HttpError(404, 'there is no such notebook');
  return fileId.data;
}

/** Names begin with their time, written so that it can stand in a file's name. */
function keptAt(name: string): string | null {
  const [, date, hours, minutes, rest] = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3}Z)/.exec(name) ?? [];
  return date === undefined ? null : `${date}${hours ?? ''}:${minutes ?? ''}:${rest ?? ''}`;
}
