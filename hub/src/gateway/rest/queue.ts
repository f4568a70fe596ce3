/**
 * The queue of a notebook's kernel over REST: what runs and waits there, the rules by which, and moves (PROTOCOL.md §11). As in
 * the notebook's room, other notebooks' runs on the same kernel are seen without their authors, and stay where they are.
 */
import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { FileId, RunId, calls } from '@cokernel/proto/hub';
import { Refusal } from '../../errors.js';
import { QueueCalls } from '../../room/queue-calls.js';
import type { RoomRegistry } from '../../room/room-registry.js';
import type { Room } from '../../room/room.js';
import type { RunQueue } from '../../run/run-queue.js';
import { HttpError } from '../http-error.js';
import { REST_AUTHOR } from './rest-author.js';

export interface QueueRoutes {
  readonly rooms: RoomRegistry;
  readonly queue: RunQueue;
  readonly clock: () => Date;
}

const MoveBody = z.object({ before: RunId.nullable() });

export function queueRouter({ rooms, queue, clock }: QueueRoutes): Router {
  const router = Router();
  const roomOf = async (request: Request): Promise<Room> => {
    const fileId = FileId.safeParse(request.params['fileId']);
    if (!fileId.success) throw new HttpError(404, 'there is no such notebook');
    return (await rooms.open(fileId.data)).room;
  };
  const callsOf = (room: Room): QueueCalls => {
    const session = () => {
      if (room.kernel === null) throw new Refusal('noKernel', 'the notebook has no running kernel');
      return room.kernel;
    };
    // The token is the owner's.
    return new QueueCalls({ room, role: 'owner', queue, clock, author: () => REST_AUTHOR, session });
  };
  router.get('/hub/notebooks/:fileId/queue', async (request, response) => {
    response.json((await roomOf(request)).queueSeenBy(REST_AUTHOR.participantId));
  });
  router.put('/hub/notebooks/:fileId/queue/rules', async (request, response) => {
    const rules = calls.setQueueRules.params.parse(request.body);
    await callsOf(await roomOf(request)).setRules(rules);
    response.json(rules);
  });
  router.post('/hub/notebooks/:fileId/queue/:runId/move', async (request, response) => {
    const { before } = MoveBody.parse(request.body);
    await callsOf(await roomOf(request)).moveRun({ runId: RunId.parse(request.params.runId), before });
    response.status(204).end();
  });
  return router;
}
