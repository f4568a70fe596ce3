/** `/api`, `/api/status`, `/api/me` of the Jupyter Server, and the hub's own `/api/hub`. */
import { Router } from 'express';
import type { KernelSessions } from '../../run/kernel-sessions.js';
import type { RoomRegistry } from '../../room/room-registry.js';
import { jupyterTime } from './models.js';

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
  /** Ends the hub, after the answer. */
  readonly stop: () => void;
}

/** Without authentication: what Jupyter clients ask first. */
export function versionRouter(version: string): Router {
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
      connections: rooms.reduce((sum, room) => sum + room.clientCount, 0),
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
  router.post('/hub/stop', (_request, response) => {
    response.status(202).json({});
    response.on('finish', routes.stop);
  });
  return router;
}

function lastActivity({ sessions, startedAt }: HubRoutes): Date {
  return sessions.list().reduce((last, { lastActivity: at }) => (at > last ? at : last), startedAt);
}
