/**
 * WebSocket upgrades: authenticated before anything else, then led to the room that the path names. A socket that may not
 * come in is closed with a code that a browser can read (PROTOCOL.md §6).
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Role } from '@cokernel/proto/hub';
import { FileId, closeCodes } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { OpenRoom } from '../room/room-registry.js';
import type { SessionLog } from '../run/kernel-session.js';
import type { Authentication } from './authentication.js';
import { closeSocket } from './close-socket.js';
import { statusOf } from './http-error.js';

export interface UpgradeOptions {
  readonly authentication: Authentication;
  readonly openRoom: (fileId: FileId) => Promise<OpenRoom>;
  readonly join: (socket: WebSocket, role: Role, open: OpenRoom) => void;
  readonly log: SessionLog;
}

/** A notebook's largest single frame: a paste of pictures fits, a flood does not (64 MiB). */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** A healthy client answers a close within a round trip. */
const GOODBYE_MS = 500;
const ROOM_PATH = /^\/api\/collaboration\/room\/([^/]+)$/;
const NOTEBOOK_ROOM = /^json:notebook:(.+)$/;

export class Upgrades {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
  });

  constructor(private readonly options: UpgradeOptions) {}

  listen(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.sockets.handleUpgrade(request, stream, head, (socket) => {
        // From the first moment: an error that nobody listens to would end the hub.
        socket.on('error', (error) => this.options.log.info({ error: error.message }, 'a WebSocket broke'));
        this.accept(request, socket).catch((error: unknown) => this.refuse(socket, error));
      });
    });
  }

  /** Says goodbye to every client, and ends those that don't answer in time. */
  async close(): Promise<void> {
    const gone = [...this.sockets.clients].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const socket of this.sockets.clients) closeSocket(socket, closeCodes.goingAway, 'the hub stops');
    const late = setTimeout(() => {
      for (const socket of this.sockets.clients) socket.terminate();
    }, GOODBYE_MS);
    await Promise.all(gone);
    clearTimeout(late);
    this.sockets.close();
  }

  private async accept(request: IncomingMessage, socket: WebSocket): Promise<void> {
    const access = this.options.authentication.check(request, true);
    if ('refused' in access) return closeSocket(socket, closeCodes[access.refused], access.why);
    const fileId = fileIdOf(request.url ?? '');
    if (fileId === null) return closeSocket(socket, closeCodes.notFound, 'there is no room of this name');
    // What a fast client sends before the room is open is kept for it.
    const early = keepEarly(socket);
    const open = await this.options.openRoom(fileId);
    if (socket.readyState !== socket.OPEN) return;
    this.options.join(socket, access.role, open);
    early.replay();
  }

  private refuse(socket: WebSocket, error: unknown): void {
    const status = statusOf(error);
    if (status >= 500) this.options.log.error({ error }, 'a room could not be opened');
    closeSocket(socket, status >= 500 ? closeCodes.fault : closeCodes.notFound, messageOf(error));
  }
}

function keepEarly(socket: WebSocket): { replay(): void } {
  const messages: [Buffer | ArrayBuffer | Buffer[], boolean][] = [];
  const keep = (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean): void => {
    messages.push([data, isBinary]);
  };
  socket.on('message', keep);
  return {
    replay: () => {
      socket.off('message', keep);
      for (const [data, isBinary] of messages) socket.emit('message', data, isBinary);
    },
  };
}

function fileIdOf(url: string): FileId | null {
  const name = ROOM_PATH.exec(url.split('?')[0] ?? '')?.[1];
  const id = NOTEBOOK_ROOM.exec(decoded(name ?? ''))?.[1];
  return FileId.safeParse(id).data ?? null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
