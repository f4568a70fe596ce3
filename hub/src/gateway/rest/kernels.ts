/** `/api/kernelspecs` and `/api/kernels` of the Jupyter Server API, and execution through the queue (wire.md §2, §3). */
import { Router } from 'express';
import path from 'node:path';
import { z } from 'zod';
import type { KernelSpec } from '../../kernel/kernel-host.js';
import { chooseSpec } from '../../room/notebook-kernel.js';
import type { KernelSession } from '../../run/kernel-session.js';
import type { KernelSessions } from '../../run/kernel-sessions.js';
import { HttpError } from '../http-error.js';
import { kernelModel } from './models.js';
import { REST_AUTHOR } from './rest-author.js';

export interface KernelRoutes {
  readonly sessions: KernelSessions;
  /** The working directory of a kernel without a notebook. */
  readonly folder: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ends a kernel, and tells those who use it. */
  readonly end: (session: KernelSession) => Promise<void>;
}

const StartBody = z.object({ name: z.string().optional() });

export function kernelRouter(routes: KernelRoutes): Router {
  const { sessions } = routes;
  const router = Router();
  router.get('/kernelspecs', async (_request, response) => {
    const specs = await sessions.specs.read();
    response.json({
      default: chooseSpec(specs, NO_WISH)?.name ?? null,
      kernelspecs: Object.fromEntries(specs.map(specEntry)),
    });
  });
  router.get('/kernelspecs/:name', async (request, response) => {
    const spec = (await sessions.specs.read()).find((one) => one.name === request.params.name);
    if (spec === undefined) throw new HttpError(404, `there is no kernelspec named '${request.params.name}'`);
    response.json(specEntry(spec)[1]);
  });
  router.get('/kernels', (_request, response) => {
    response.json(sessions.list().map(kernelModel));
  });
  router.post('/kernels', async (request, response) => {
    const { name } = StartBody.parse(request.body ?? {});
    const spec = name ?? chooseSpec(await sessions.specs.read(), NO_WISH)?.name;
    if (spec === undefined)
      throw new HttpError(500, 'no kernel is installed: install one, such as `pip install ipykernel`');
    const labels = { ...routes.labels, startedBy: REST_AUTHOR.participantId };
    const session = await sessions.start({ specName: spec, cwd: path.resolve(routes.folder), labels });
    response.status(201).location(`/api/kernels/${session.kernelId}`).json(kernelModel(session));
  });
  router.get('/kernels/:id', (request, response) => {
    response.json(kernelModel(sessionOf(sessions, request.params.id)));
  });
  router.delete('/kernels/:id', async (request, response) => {
    const session = sessionOf(sessions, request.params.id);
    if (session.origin === 'existing' && request.query['shutdown'] !== '1') {
      throw new HttpError(409, 'this kernel was not started here and goes on; to shut it down add ?shutdown=1');
    }
    await routes.end(session);
    response.status(204).end();
  });
  router.post('/kernels/:id/interrupt', async (request, response) => {
    await sessionOf(sessions, request.params.id).interrupt();
    response.status(204).end();
  });
  router.post('/kernels/:id/restart', async (request, response) => {
    const session = sessionOf(sessions, request.params.id);
    await sessions.restart(session, 'a client of the REST API');
    response.json(kernelModel(session));
  });
  return router;
}

const NO_WISH = { specName: null, language: null };

export function sessionOf(sessions: KernelSessions, id: string): KernelSession {
  const session = sessions.get(id);
  if (session === undefined) throw new HttpError(404, `there is no kernel '${id}'`);
  return session;
}

function specEntry(spec: KernelSpec): [string, object] {
  const { name, displayName, language, argv, env, interruptMode, metadata } = spec;
  const file = { argv, env, display_name: displayName, language, interrupt_mode: interruptMode, metadata };
  return [name, { name, spec: file, resources: {} }];
}
