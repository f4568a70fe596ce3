/**
 * A notebook's versions and history over REST: `/api/hub/notebooks/<fileId>/versions` and `…/history` (PROTOCOL.md §9), and
 * Jupyter's own checkpoints, which are versions too.
 */
import { Router } from 'express';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { FileId, VersionId, VersionName } from '@cokernel/proto/hub';
import type { VersionView } from '@cokernel/proto/hub';
import { writeSnapshot } from '@cokernel/proto/notebook';
import type { HistoryStore } from '../../room/history-store.js';
import type { RoomRegistry } from '../../room/room-registry.js';
import type { Room } from '../../room/room.js';
import type { Timeline } from '../../room/timeline.js';
import { HttpError } from '../http-error.js';
import { writePart } from '../response-parts.js';
import { sendNotebook, type NotebookSources } from '../send-notebook.js';
import { pathOf } from './contents.js';
import { jupyterTime } from './models.js';
import { REST_AUTHOR } from './rest-author.js';

export interface VersionRoutes extends NotebookSources {
  readonly rooms: RoomRegistry;
  readonly history: HistoryStore;
}

const NameBody = z.object({ name: VersionName });

export function versionRouter({ rooms, history, ...sources }: VersionRoutes): Router {
  const router = Router();
  const roomOf = async (request: Request): Promise<Room> => {
    const fileId = FileId.safeParse(request.params['fileId']);
    if (!fileId.success) throw new HttpError(404, 'there is no such notebook');
    return (await rooms.open(fileId.data)).room;
  };
  const of = async (request: Request): Promise<Timeline> => (await roomOf(request)).timeline;
  router.get('/hub/notebooks/:fileId/versions', async (request, response) => {
    response.json({ versions: await (await of(request)).versions.list() });
  });
  router.post('/hub/notebooks/:fileId/versions', async (request, response) => {
    const { name } = NameBody.parse(request.body);
    const { versions } = await of(request);
    response.status(201).json(await versions.keep('named', { name, author: REST_AUTHOR }));
  });
  router.get('/hub/notebooks/:fileId/versions/:versionId', async (request, response) => {
    const { fileId, timeline } = await roomOf(request);
    const notebook = await timeline.versions.notebook(versionIn(request));
    await sendNotebook(response, sources, { fileId, notebook });
  });
  router.get('/hub/notebooks/:fileId/versions/:versionId/document', async (request, response) => {
    const notebook = await (await of(request)).versions.notebook(versionIn(request));
    response.type('json').send(writeSnapshot(notebook));
  });
  router.put('/hub/notebooks/:fileId/versions/:versionId', async (request, response) => {
    const { name } = NameBody.parse(request.body);
    response.json(await (await of(request)).versions.name(versionIn(request), name));
  });
  router.get('/hub/notebooks/:fileId/versions/:versionId/difference', async (request, response) => {
    const other = request.query['with'];
    const after = other === undefined ? null : versionId(other);
    response.json(await (await of(request)).versions.difference(versionIn(request), after));
  });
  router.post('/hub/notebooks/:fileId/versions/:versionId/restore', async (request, response) => {
    response.json(await (await of(request)).restore(versionIn(request), REST_AUTHOR));
  });
  router.get('/hub/notebooks/:fileId/history', async (request, response) => {
    const { document, timeline, fileId } = await roomOf(request);
    await document.flushed();
    await timeline.history.flush();
    await sendHistory(history, fileId, response);
  });
  return router;
}

async function sendHistory(history: HistoryStore, fileId: FileId, response: Response): Promise<void> {
  response.type('application/x-ndjson').setHeader('Cache-Control', 'no-store');
  for await (const record of history.read(fileId)) {
    if (!(await writePart(response, `${JSON.stringify(record)}\n`))) return;
  }
  response.end();
}

function versionIn(request: Request): VersionId {
  return versionId(request.params['versionId']);
}

function versionId(text: unknown): VersionId {
  const parsed = VersionId.safeParse(text);
  if (!parsed.success) throw new HttpError(404, 'a version is named by a whole number');
  return parsed.data;
}

/** To be asked before the contents: `…/checkpoints` is no file. */
export function checkpointRouter(rooms: RoomRegistry): Router {
  const router = Router();
  const of = async (params: Readonly<Record<string, string | string[]>>): Promise<Timeline> =>
    (await rooms.open(await rooms.fileIdOf(pathOf(params['path'])))).room.timeline;
  router.get('/contents/*path/checkpoints', async (request, response) => {
    const versions = await (await of(request.params)).versions.list();
    response.json(versions.filter(({ kind }) => kind === 'checkpoint').map(checkpointModel));
  });
  router.post('/contents/*path/checkpoints', async (request, response) => {
    const { versions } = await of(request.params);
    const kept = await versions.keep('checkpoint', { author: REST_AUTHOR });
    response.status(201).location(`${request.originalUrl}/${kept.versionId}`).json(checkpointModel(kept));
  });
  router.post('/contents/*path/checkpoints/:id', async (request, response) => {
    const timeline = await of(request.params);
    await timeline.restore(await checkpointIn(timeline, request.params.id), REST_AUTHOR);
    response.status(204).end();
  });
  router.delete('/contents/*path/checkpoints/:id', async (request, response) => {
    const timeline = await of(request.params);
    await timeline.versions.remove([await checkpointIn(timeline, request.params.id)]);
    response.status(204).end();
  });
  return router;
}

function checkpointModel({ versionId: id, at }: VersionView): object {
  return { id, last_modified: jupyterTime(new Date(at)) };
}

/** Only a checkpoint can be deleted this way: other versions are none to Jupyter. */
async function checkpointIn({ versions }: Timeline, id: string): Promise<VersionId> {
  const known = (await versions.list()).find((one) => one.kind === 'checkpoint' && one.versionId === id);
  if (known === undefined) throw new HttpError(404, `there is no checkpoint '${id}'`);
  return known.versionId;
}
