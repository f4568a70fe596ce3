/**
 * WebSocket upgrades: authenticated before anything else, then led to the room or the kernel that the path
 * names. A socket that may not come in is closed with a code that a browser can read (PROTOCOL.md §6).
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Role } from '@cokernel/proto/hub';
import { FileId, closeCodes } from '@cokernel/proto/hub';
import { KERNEL_WEBSOCKET_V1 } from '@cokernel/proto/jupyter';
import { messageOf } from '../errors.js';
import type { OpenRoom } from '../room/room-registry.js';
import type { ChannelHello } from '../run/kernel-channel.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { Authentication } from './authentication.js';
import { closeSocket } from './close-socket.js';
import type { Connections } from './connections.js';
import { statusOf } from './http-error.js';

export interface UpgradeOptions {
  readonly authentication: Authentication;
  /** Told of each socket that came in. */
  readonly connections: Connections;
  readonly openRoom: (fileId: FileId) => Promise<OpenRoom>;
  readonly join: (socket: WebSocket, role: Role, open: OpenRoom) => void;
  /** Throws when there is no such kernel. */
  readonly joinKernel: (socket: WebSocket, kernelId: string, hello: ChannelHello) => void;
  readonly log: SessionLog;
}

/** A notebook's largest single frame: a paste of pictures fits, a flood does not (64 MiB). */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** A healthy client answers a close within a round trip. */
const GOODBYE_MS = 500;
const ROOM_PATH = /^\/api\/collaboration\/room\/([^/]+)$/;
const KERNEL_PATH = /^\/api\/kernels\/([^/]+)\/channels$/;
const NOTEBOOK_ROOM = /^json:notebook:(.+)$/;

export class Upgrades {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    handleProtocols: chooseProtocol,
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
    const kernelId = kernelIdOf(request.url ?? '');
    if (kernelId !== null) {
      this.options.joinKernel(socket, kernelId, helloOf(request.url ?? ''));
      return this.options.connections.add('kernel', socket);
    }
    const fileId = fileIdOf(request.url ?? '');
    if (fileId === null) return closeSocket(socket, closeCodes.notFound, 'there is no room of this name');
    // What a fast client sends before the room is open is kept for it.
    const early = keepEarly(socket);
    const open = await this.options.openRoom(fileId);
    if (socket.readyState !== socket.OPEN) return;
    this.options.join(socket, access.role, open);
    this.options.connections.add('room', socket);
    early.replay();
  }

  private refuse(socket: WebSocket, error: unknown): void {
    const status = statusOf(error);
    if (status >= 500) this.options.log.error({ error }, 'a WebSocket could not be joined to its room or kernel');
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

/** A kernel's channels have one protocol with a name; a room's have none, and a client's first does no harm there. */
function chooseProtocol(offered: ReadonlySet<string>, { url }: IncomingMessage): string | false {
  if (kernelIdOf(url ?? '') === null) return [...offered][0] ?? false;
  return offered.has(KERNEL_WEBSOCKET_V1) ? KERNEL_WEBSOCKET_V1 : false;
}

function kernelIdOf(url: string): string | null {
  const id = KERNEL_PATH.exec(url.split('?')[0] ?? '')?.[1];
  return id === undefined ? null : decoded(id);
}

/** A client without a session id is a new one each time. */
function helloOf(url: string): ChannelHello {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  return { sessionId: query.get('session_id') ?? randomUUID(), lastMsgId: query.get('last_msg_id') };
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
