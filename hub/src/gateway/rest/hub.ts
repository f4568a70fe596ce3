/** `/api`, `/api/status`, `/api/me` of the Jupyter Server, and the hub's own `/api/hub`. */
import { Router } from 'express';
import path from 'node:path';
import { z } from 'zod';
import type { KernelSharing } from '../../room/kernel-sharing.js';
import type { EndingRun } from '../../run/ending-runs.js';
import type { KernelSessions } from '../../run/kernel-sessions.js';
import type { RoomRegistry } from '../../room/room-registry.js';
import { HttpError } from '../http-error.js';
import { jupyterTime, runningKernelView } from './models.js';

export interface Notice {
  readonly code: string;
  readonly message: string;
}

export interface HubRoutes {
  readonly version: string;
  readonly startedAt: Date;
  /** The served folder, absolute. */
  readonly folder: string;
  /** What a person should know at once. */
  readonly notices: () => Promise<readonly Notice[]>;
  readonly sessions: KernelSessions;
  readonly rooms: RoomRegistry;
  readonly sharing: KernelSharing;
  readonly kernelLabels: Readonly<Record<string, string>>;
  readonly stop: StopAsked;
}

/** How the hub is asked to end. */
export interface StopAsked {
  /** What a stop does with the kernels when the request does not say. */
  readonly kernels: 'keep' | 'stop';
  /** What ends with the kernels. */
  readonly endingRuns: () => Promise<readonly EndingRun[]>;
  /** Ends the hub, after the answer. */
  readonly now: (kernels: 'keep' | 'stop') => void;
}

const StopBody = z.object({ kernels: z.enum(['keep', 'stop']).optional() });
const ExistingBody = z.object({ connectionFile: z.string() });

/** Without authentication: what Jupyter clients ask first. */
export function apiVersionRouter(version: string): Router {
  const router = Router();
  router.get('/api', (_request, response) => {
    response.json({ version });
  });
  return router;
}

export function hubRouter(routes: HubRoutes): Router {
  const router = Router();
  router.get('/status', async (_request, response) => {
    const rooms = await routes.rooms.list();
    response.json({
      started: jupyterTime(routes.startedAt),
      last_activity: jupyterTime(lastActivity(routes)),
      connections: sumOf(rooms, (room) => room.clientCount) + sumOf(routes.sessions.list(), (one) => one.watcherCount),
      kernels: routes.sessions.list().length,
    });
  });
  router.get('/me', (_request, response) => {
    const identity = {
      username: 'owner',
      name: 'Owner',
      display_name: 'Owner',
      initials: 'O',
      avatar_url: null,
      color: null,
    };
    response.json({ identity, permissions: {} });
  });
  router.get('/hub/status', async (_request, response) => {
    const rooms = (await routes.rooms.list()).map((room) => ({
      path: room.path,
      people: room.people.map(({ name }) => name),
    }));
    const { version, folder } = routes;
    response.json({ version, folder, pid: process.pid, notices: await routes.notices(), rooms });
  });
  router.post('/hub/stop', async (request, response) => {
    const { stop } = routes;
    const kernels = StopBody.parse(request.body ?? {}).kernels ?? stop.kernels;
    response.on('finish', () => stop.now(kernels));
    response.status(202).json({ kernels, runs: kernels === 'stop' ? await stop.endingRuns() : [] });
  });
  addKernelRoutes(router, routes);
  return router;
}

/** Kernels with what Jupyter's models have no place for; and the way in for one that runs already (J14). */
function addKernelRoutes(router: Router, { sessions, sharing, kernelLabels }: HubRoutes): void {
  router.get('/hub/kernels', (_request, response) => {
    response.json(sessions.list().map((session) => runningKernelView(session, sharing.notebooksOf(session))));
  });
  router.post('/hub/kernels/existing', async (request, response) => {
    const { connectionFile } = ExistingBody.parse(request.body);
    if (!path.isAbsolute(connectionFile)) {
      throw new HttpError(400, `connectionFile: '${connectionFile}' must be an absolute path on the hub's machine`);
    }
    const session = await sessions.adoptExisting(connectionFile, kernelLabels);
    response.status(201).json(runningKernelView(session, sharing.notebooksOf(session)));
  });
}

function lastActivity({ sessions, startedAt }: HubRoutes): Date {
  return sessions.list().reduce((last, { lastActivity: at }) => (at > last ? at : last), startedAt);
}

function sumOf<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}
