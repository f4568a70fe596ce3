/** `/api/sessions`: a notebook and its kernel, as the Jupyter Server pairs them; the id is the kernel's. */
import { Router } from 'express';
import { z } from 'zod';
import { FileId } from '@cokernel/proto/hub';
import type { OpenRoom, RoomRegistry } from '../../room/room-registry.js';
import type { KernelSession } from '../../run/kernel-session.js';
import type { KernelSessions } from '../../run/kernel-sessions.js';
import { HttpError } from '../http-error.js';
import { sessionModel } from './models.js';

export interface SessionRoutes {
  readonly rooms: RoomRegistry;
  readonly sessions: KernelSessions;
  readonly pathOf: (fileId: FileId) => string | null;
}

const PostBody = z.object({
  path: z.string(),
  type: z.string().default('notebook'),
  kernel: z.object({ name: z.string().nullish(), id: z.string().nullish() }).default({}),
});

const BY_REST = 'a client of the REST API';

export function sessionRouter(routes: SessionRoutes): Router {
  const router = Router();
  router.get('/sessions', (_request, response) => {
    response.json(routes.sessions.list().flatMap((session) => modelOf(routes, session) ?? []));
  });
  router.post('/sessions', async (request, response) => {
    const { path, type, kernel } = PostBody.parse(request.body);
    if (type !== 'notebook') throw new HttpError(400, `a session of type '${type}' is not offered; 'notebook' is`);
    const open = await routes.rooms.open(await routes.rooms.fileIdOf(path));
    const session = await sessionFor(open, kernel.name ?? null);
    response.status(201).json(sessionModel(session, open.room.path));
  });
  router.get('/sessions/:id', (request, response) => {
    response.json(found(routes, request.params.id).model);
  });
  router.delete('/sessions/:id', async (request, response) => {
    const { fileId } = found(routes, request.params.id);
    await (await routes.rooms.open(fileId)).kernel.stop(BY_REST);
    response.status(204).end();
  });
  return router;
}

/** An existing path gives the existing session. */
function sessionFor({ room, kernel }: OpenRoom, name: string | null): Promise<KernelSession> {
  return room.kernel === null && name !== null ? kernel.change(name, BY_REST) : kernel.ensure();
}

function found(routes: SessionRoutes, id: string): { readonly fileId: FileId; readonly model: object } {
  const session = routes.sessions.get(id);
  const model = session === undefined ? null : modelOf(routes, session);
  const fileId = session?.labels['fileId'];
  if (model === null || fileId === undefined) throw new HttpError(404, `there is no session '${id}'`);
  return { fileId: FileId.parse(fileId), model };
}

/** Null for a kernel without a notebook. */
function modelOf(routes: SessionRoutes, session: KernelSession): object | null {
  const fileId = session.labels['fileId'];
  const path = fileId === undefined ? null : routes.pathOf(FileId.parse(fileId));
  return path === null ? null : sessionModel(session, path);
}
