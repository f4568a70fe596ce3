/** The room socket: one WebSocket becomes one client of a room, from its upgrade to its close. */
import type { FileId, HubEvent, Role } from '@cokernel/proto/hub';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { RunQueue } from '../run/run-queue.js';
import type { DocumentStore } from '../room/document-store.js';
import { FrameReader } from '../room/frame-reader.js';
import { RoomCalls } from '../room/room-calls.js';
import { RoomClient } from '../room/room-client.js';
import type { OpenRoom } from '../room/room-registry.js';
import type { DoorSocket } from './door-socket.js';
import { Outbox } from './outbox.js';

export interface RoomSocketOptions {
  readonly socket: DoorSocket;
  readonly role: Role;
  readonly open: OpenRoom;
  readonly queue: RunQueue;
  readonly documents: DocumentStore;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

const OUTBOX_MAX_BYTES = 16 * 1024 * 1024;

export function joinRoom(options: RoomSocketOptions): void {
  const { socket, role, open, documents, log } = options;
  const { room, kernel } = open;
  const outbox = new Outbox(socket, { maxBytes: OUTBOX_MAX_BYTES });
  const client = new RoomClient({
    id: options.newId(),
    role,
    send: (frame) => outbox.send(frame),
    close: (code, reason) => socket.close(code, reason),
  });
  const calls = new RoomCalls({ ...options, room, client, kernel });
  const onError = (error: unknown): void => log.error({ error, path: room.path }, 'a room socket failed');
  const reader = new FrameReader({
    room,
    client,
    onCall: (json) => {
      calls.receive(json).catch(onError);
    },
    keepForeign: async (state) => {
      const name = await documents.keepForeignCopy(room.fileId, state);
      log.warn({ path: room.path, name }, 'a client came with another history; its document is kept apart');
      room.tellOne(client, otherHistory(room.fileId, name));
    },
    onError,
  });
  room.add(client);
  reader.greet();
  socket.onMessage((data) => reader.read(data));
  socket.onClose(() => room.remove(client));
}

function otherHistory(fileId: FileId, name: string): HubEvent {
  const message =
    'What you had of this notebook is of another history and was not merged. It is kept as a notebook of its own: ' +
    `/api/hub/notebooks/${fileId}/copies/${name}`;
  return { event: 'notice', level: 'warning', code: 'otherHistory', message };
}
