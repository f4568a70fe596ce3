/** `/api/sessions`: a notebook and its kernel, as the Jupyter Server pairs them; the id is the notebook's. */
import { Router } from 'express';
import { z } from 'zod';
import { FileId } from '@cokernel/proto/hub';
import type { NotebookView } from '@cokernel/proto/hub';
import type { KernelSharing } from '../../room/kernel-sharing.js';
import type { NotebookKernel } from '../../room/notebook-kernel.js';
import type { OpenRoom, RoomRegistry } from '../../room/room-registry.js';
import type { KernelSession } from '../../run/kernel-session.js';
import type { KernelSessions } from '../../run/kernel-sessions.js';
import { HttpError } from '../http-error.js';
import { sessionModel } from './models.js';
import { REST_AUTHOR } from './rest-author.js';

export interface SessionRoutes {
  readonly rooms: RoomRegistry;
  readonly sessions: KernelSessions;
  readonly sharing: KernelSharing;
  readonly pathOf: (fileId: FileId) => string | null;
}

const Kernel = z.object({ name: z.string().nullish(), id: z.string().nullish() });
const PostBody = z.object({ path: z.string(), type: z.string().default('notebook'), kernel: Kernel.default({}) });
const PatchBody = z.object({ path: z.string().nullish(), kernel: Kernel.nullish() });

export function sessionRouter(routes: SessionRoutes): Router {
  const { rooms, sessions, sharing } = routes;
  const router = Router();
  router.get('/sessions', (_request, response) => {
    const modelsOf = (session: KernelSession) => sharing.notebooksOf(session).map((one) => sessionModel(session, one));
    response.json(sessions.list().flatMap(modelsOf));
  });
  router.post('/sessions', async (request, response) => {
    const { path, type, kernel } = PostBody.parse(request.body);
    if (type !== 'notebook') throw new HttpError(400, `a session of type '${type}' is not offered; 'notebook' is`);
    const open = await rooms.open(await rooms.fileIdOf(path));
    const session = await sessionFor(open, kernel);
    response.status(201).json(sessionModel(session, open.room));
  });
  router.get('/sessions/:id', (request, response) => {
    const { session, notebook } = found(routes, request.params.id);
    response.json(sessionModel(session, notebook));
  });
  router.patch('/sessions/:id', async (request, response) => {
    const { notebook } = found(routes, request.params.id);
    const { path, kernel } = PatchBody.parse(request.body);
    if (typeof path === 'string' && path !== notebook.path) throw new HttpError(400, 'a session is not moved here');
    const open = await rooms.open(notebook.fileId);
    const session = await changed(open.kernel, kernel ?? {});
    response.json(sessionModel(session, open.room));
  });
  router.delete('/sessions/:id', async (request, response) => {
    const { fileId } = found(routes, request.params.id).notebook;
    await (await rooms.open(fileId)).kernel.leave(REST_AUTHOR.name);
    response.status(204).end();
  });
  return router;
}

/** An existing path gives the existing session, unless another kernel is named. */
function sessionFor({ room, kernel }: OpenRoom, wanted: z.output<typeof Kernel>): Promise<KernelSession> {
  if (typeof wanted.id === 'string' && wanted.id !== '') return kernel.share(wanted.id, REST_AUTHOR);
  return room.kernel === null ? changed(kernel, wanted) : kernel.ensure(REST_AUTHOR);
}

function changed(kernel: NotebookKernel, { id, name }: z.output<typeof Kernel>): Promise<KernelSession> {
  if (typeof id === 'string' && id !== '') return kernel.share(id, REST_AUTHOR);
  if (typeof name === 'string' && name !== '') return kernel.startInstead(name, REST_AUTHOR);
  return kernel.ensure(REST_AUTHOR);
}

function found(
  { sharing, pathOf }: SessionRoutes,
  id: string,
): { readonly session: KernelSession; readonly notebook: NotebookView } {
  const fileId = FileId.parse(id);
  const session = sharing.sessionOf(fileId);
  const path = pathOf(fileId);
  if (session === null || path === null) throw new HttpError(404, `there is no session '${id}'`);
  return { session, notebook: { fileId, path } };
}
