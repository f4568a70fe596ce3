/** `/api/collaboration`: which document and which epoch stand behind a path, as jupyter-collaboration tells it. */
import { Router } from 'express';
import { z } from 'zod';
import type { RoomRegistry } from '../../room/room-registry.js';
import { pathOf } from './contents.js';

const Body = z.object({ format: z.literal('json'), type: z.literal('notebook') });

export function collaborationRouter(rooms: RoomRegistry): Router {
  const router = Router();
  router.put('/collaboration/session/*path', async (request, response) => {
    const { format, type } = Body.parse(request.body);
    const fileId = await rooms.fileIdOf(pathOf(request.params.path));
    const { room } = await rooms.open(fileId);
    response.json({ format, type, fileId, sessionId: room.epoch });
  });
  return router;
}
