/**
 * Serves from this hub's own rooms, kernels and queue: the routes of REST, and the two doors for WebSockets. The routes
 * only translate between the wire and those.
 */
import { randomUUID } from 'node:crypto';
import express from 'express';
import type { Request } from 'express';
import { FileId, closeCodes } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { DocumentStore } from '../room/document-store.js';
import type { HistoryStore } from '../room/history-store.js';
import type { KernelSharing } from '../room/kernel-sharing.js';
import type { NotebookFiles } from '../room/notebook-files.js';
import type { OpenRoom, RoomRegistry } from '../room/room-registry.js';
import type { ServedFolder } from '../room/served-folder.js';
import type { ChannelHello } from '../run/kernel-channel.js';
import type { KernelChannels } from '../run/kernel-channels.js';
import type { KernelSession } from '../run/kernel-session.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { KernelSessions } from '../run/kernel-sessions.js';
import type { OutputStore } from '../run/output-store.js';
import type { RunQueue } from '../run/run-queue.js';
import type { Transcripts } from '../run/transcripts.js';
import { Connections } from './connections.js';
import type { DoorFigures } from './connections.js';
import type { DoorSocket } from './door-socket.js';
import { HttpError, statusOf } from './http-error.js';
import { joinKernel } from './kernel-socket.js';
import type { MetricsText } from './probes.js';
import { collaborationRouter } from './rest/collaboration.js';
import { contentsWriteRouter } from './rest/contents-write.js';
import { contentsRouter } from './rest/contents.js';
import { copyRouter } from './rest/copies.js';
import { executionRouter } from './rest/execution.js';
import { hubRouter } from './rest/hub.js';
import { queueRouter } from './rest/queue.js';
import type { Notice, StopAsked } from './rest/hub.js';
import { kernelRouter, sessionOf } from './rest/kernels.js';
import { outputRouter } from './rest/outputs.js';
import { sessionRouter } from './rest/sessions.js';
import { checkpointRouter, versionRouter } from './rest/versions.js';
import { joinRoom } from './room-socket.js';
import type { Arrival, AskedRequest, Serving } from './serving.js';
import { kernelIdOf, roomNameOf } from './socket-paths.js';

export interface OwnServingOptions {
  readonly version: string;
  readonly metrics: MetricsText;
  /** What the hub needs and is out of reach now. */
  readonly missing: () => Promise<readonly string[]>;
  readonly folder: ServedFolder;
  readonly rooms: RoomRegistry;
  readonly sharing: KernelSharing;
  readonly sessions: KernelSessions;
  readonly channels: KernelChannels;
  readonly queue: RunQueue;
  readonly transcripts: Transcripts;
  readonly documents: DocumentStore;
  readonly outputs: OutputStore;
  readonly notebookFiles: NotebookFiles;
  readonly history: HistoryStore;
  readonly pathOf: (fileId: FileId) => string | null;
  readonly kernelLabels: Readonly<Record<string, string>>;
  readonly notices: () => Promise<readonly Notice[]>;
  readonly stop: StopAsked;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

/** A body of JSON; a notebook with pictures fits. */
const MAX_BODY = '64mb';
const NOTEBOOK_ROOM = /^json:notebook:(.+)$/;

export class OwnServing implements Serving {
  readonly metrics: MetricsText;
  private readonly connections = new Connections();
  private readonly router: express.Router;

  constructor(private readonly options: OwnServingOptions) {
    this.metrics = options.metrics;
    this.router = this.routes();
  }

  answer({ request, response, next }: AskedRequest): void {
    this.router(request, response, next);
  }

  missing(): Promise<readonly string[]> {
    return this.options.missing();
  }

  /** The WebSockets that are served now. */
  doors(): readonly DoorFigures[] {
    return this.connections.figures();
  }

  async enter(arrival: Arrival): Promise<void> {
    try {
      const kernelId = kernelIdOf(arrival.url);
      if (kernelId === null) await this.joinRoom(arrival);
      else this.joinKernel(arrival, kernelId);
    } catch (error) {
      this.refuse(arrival.socket, error);
    }
  }

  private async joinRoom({ url, role, socket }: Arrival): Promise<void> {
    const fileId = FileId.safeParse(NOTEBOOK_ROOM.exec(roomNameOf(url) ?? '')?.[1]).data;
    if (fileId === undefined) return socket.close(closeCodes.notFound, 'there is no room of this name');
    const open = await this.options.rooms.open(fileId);
    if (!socket.isOpen) return;
    joinRoom({ ...this.options, socket, role, open });
    this.connections.add('room', socket);
  }

  private joinKernel({ url, socket }: Arrival, kernelId: string): void {
    const session = sessionOf(this.options.sessions, kernelId);
    const channel = this.options.channels.of(session);
    if (channel === undefined) throw new HttpError(404, 'this kernel has ended');
    const shutDown = (): Promise<void> => this.endKernel(session);
    joinKernel({ socket, channel, hello: helloOf(url), doors: { shutDown }, log: this.options.log });
    this.connections.add('kernel', socket);
  }

  private refuse(socket: DoorSocket, error: unknown): void {
    const status = statusOf(error);
    if (status >= 500) this.options.log.error({ error }, 'a WebSocket could not be joined to its room or kernel');
    socket.close(status >= 500 ? closeCodes.fault : closeCodes.notFound, messageOf(error));
  }

  private routes(): express.Router {
    const { sessions, rooms, folder, kernelLabels, outputs } = this.options;
    const openRoom = (fileId: FileId): Promise<OpenRoom> => rooms.open(fileId);
    const all = express.Router();
    all.use(express.json({ limit: MAX_BODY }));
    all.use(
      hubRouter({ ...this.options, folder: folder.root, startedAt: this.options.clock() }),
      kernelRouter({ sessions, folder: folder.root, labels: kernelLabels, end: (session) => this.endKernel(session) }),
      sessionRouter(this.options),
      versionRouter(this.options),
      checkpointRouter(rooms),
      contentsRouter(folder),
      contentsWriteRouter(folder, rooms),
      collaborationRouter(rooms),
      outputRouter(outputs),
      copyRouter(this.options),
      queueRouter(this.options),
      executionRouter({ ...this.options, openRoom }),
    );
    all.use((request: Request) => {
      throw new HttpError(404, `there is no ${request.method} ${request.originalUrl.split('?')[0] ?? ''}`);
    });
    return all;
  }

  private endKernel(session: KernelSession): Promise<void> {
    return this.options.sharing.end(session, 'the kernel was shut down by a client of the REST API');
  }
}

/** A client without a session id is a new one each time. */
function helloOf(url: string): ChannelHello {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  return { sessionId: query.get('session_id') ?? randomUUID(), lastMsgId: query.get('last_msg_id') };
}
