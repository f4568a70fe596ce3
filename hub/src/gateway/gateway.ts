/**
 * The gateway: HTTP and WebSockets of one hub. Each request is authenticated before any route sees it; the routes only
 * translate between the wire and rooms, sessions and the queue.
 */
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { WebSocket } from 'ws';
import { ZodError } from 'zod';
import type { FileId } from '@cokernel/proto/hub';
import { StartError, messageOf } from '../errors.js';
import type { DocumentStore } from '../room/document-store.js';
import type { HistoryStore } from '../room/history-store.js';
import type { KernelSharing } from '../room/kernel-sharing.js';
import type { NotebookFiles } from '../room/notebook-files.js';
import type { OpenRoom, RoomRegistry } from '../room/room-registry.js';
import type { ServedFolder } from '../room/served-folder.js';
import type { ChannelHello } from '../run/kernel-channel.js';
import type { KernelSession } from '../run/kernel-session.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { KernelChannels } from '../run/kernel-channels.js';
import type { KernelSessions } from '../run/kernel-sessions.js';
import type { OutputStore } from '../run/output-store.js';
import type { RunQueue } from '../run/run-queue.js';
import type { Transcripts } from '../run/transcripts.js';
import { authenticate, exchangeToken } from './admission.js';
import { Authentication } from './authentication.js';
import { Connections } from './connections.js';
import type { DoorFigures } from './connections.js';
import { HttpError, answerErrors } from './http-error.js';
import { joinKernel } from './kernel-socket.js';
import { pageRouter } from './page.js';
import { metricsRouter, probeRouter } from './probes.js';
import type { MetricsText } from './probes.js';
import { collaborationRouter } from './rest/collaboration.js';
import { contentsWriteRouter } from './rest/contents-write.js';
import { contentsRouter } from './rest/contents.js';
import { copyRouter } from './rest/copies.js';
import { executionRouter } from './rest/execution.js';
import { apiVersionRouter, hubRouter } from './rest/hub.js';
import type { Notice, StopAsked } from './rest/hub.js';
import { kernelRouter, sessionOf } from './rest/kernels.js';
import { outputRouter } from './rest/outputs.js';
import { sessionRouter } from './rest/sessions.js';
import { checkpointRouter, versionRouter } from './rest/versions.js';
import { joinRoom } from './room-socket.js';
import { Upgrades } from './upgrade.js';

export interface GatewayOptions {
  readonly token: string;
  /** Lets one read the figures and nothing else; null: only the token does. */
  readonly metricsToken: string | null;
  readonly metrics: MetricsText;
  /** What the hub needs and is out of reach now. */
  readonly missing: () => Promise<readonly string[]>;
  readonly version: string;
  readonly webDirectory: string;
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

export class Gateway {
  private readonly server: Server;
  private readonly connections = new Connections();
  private upgrades: Upgrades | null = null;

  constructor(private readonly options: GatewayOptions) {
    this.server = createServer();
    // A connection that a peer left open must not keep the hub from stopping.
    this.server.keepAliveTimeout = 5_000;
  }

  /** Listens; answers the port. `port` null: 8765, else the next that is free. Throws `StartError`. */
  async listen(host: string, port: number | null): Promise<number> {
    const bound = port === null ? await this.listenOnFree(host, FIRST_PORT) : await this.listenOn(host, port);
    const { token, metricsToken } = this.options;
    const authentication = new Authentication({ token, metricsToken, port: bound, loopback: isLoopback(host) });
    this.server.on('request', this.app(authentication));
    this.upgrades = new Upgrades({
      authentication,
      connections: this.connections,
      openRoom: (fileId) => this.options.rooms.open(fileId),
      join: (socket, role, open) => joinRoom({ ...this.options, socket, role, open }),
      joinKernel: (socket, kernelId, hello) => this.joinKernel(socket, kernelId, hello),
      log: this.options.log,
    });
    this.upgrades.listen(this.server);
    return bound;
  }

  /** The WebSockets that are open now. */
  doors(): readonly DoorFigures[] {
    return this.connections.figures();
  }

  /** Stops listening and ends every connection. Can be called twice. */
  async close(): Promise<void> {
    await this.upgrades?.close();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private joinKernel(socket: WebSocket, kernelId: string, hello: ChannelHello): void {
    const session = sessionOf(this.options.sessions, kernelId);
    const channel = this.options.channels.of(session);
    if (channel === undefined) throw new HttpError(404, 'this kernel has ended');
    const shutDown = (): Promise<void> => this.endKernel(session);
    joinKernel({ socket, channel, hello, doors: { shutDown }, log: this.options.log });
  }

  private app(authentication: Authentication): Express {
    const app = express();
    app.disable('x-powered-by');
    app.use(
      helmet({ contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY }, hsts: false }),
    );
    app.use(apiVersionRouter(this.options.version));
    app.use(probeRouter(this.options.missing));
    // Before a token in the address is exchanged for cookies, which programs don't keep.
    const readsMetrics = authenticate((request) => authentication.checkMetrics(request));
    app.use('/metrics', readsMetrics, metricsRouter(this.options.metrics));
    app.use(exchangeToken(authentication));
    app.use(authenticate((request) => authentication.check(request)));
    app.use(express.json({ limit: MAX_BODY }));
    for (const router of this.apiRouters()) app.use('/api', router);
    app.use('/api', (request: Request) => {
      throw new HttpError(404, `there is no ${request.method} ${request.originalUrl.split('?')[0] ?? ''}`);
    });
    app.use(pageRouter(this.options.webDirectory));
    app.use(namedBadBody);
    app.use(answerErrors(this.options.log));
    return app;
  }

  private apiRouters(): readonly express.Router[] {
    const { sessions, rooms, folder, kernelLabels, outputs } = this.options;
    const openRoom = (fileId: FileId): Promise<OpenRoom> => rooms.open(fileId);
    return [
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
      executionRouter({ ...this.options, openRoom }),
    ];
  }

  private endKernel(session: KernelSession): Promise<void> {
    return this.options.sharing.end(session, 'the kernel was shut down by a client of the REST API');
  }

  private async listenOnFree(host: string, first: number): Promise<number> {
    for (let port = first; port < first + PORTS_TRIED; port += 1) {
      const bound = await this.listenOn(host, port).catch((error: unknown) => {
        if (error instanceof StartError) return null;
        throw error;
      });
      if (bound !== null) return bound;
    }
    throw new StartError(
      `no port from ${String(first)} to ${String(first + PORTS_TRIED - 1)} is free; give one with --port`,
    );
  }

  private listenOn(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(listenError(error, port));
      this.server.once('error', failed);
      this.server.listen(port, host, () => {
        this.server.off('error', failed);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }
}

const FIRST_PORT = 8765;
const PORTS_TRIED = 100;

const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'", 'ws:', 'wss:'],
  frameAncestors: ["'self'"],
  baseUri: ["'self'"],
  objectSrc: ["'none'"],
};

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function listenError(error: Error, port: number): Error {
  const code = 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') return new StartError(`port ${String(port)} is in use; give another with --port, or none`);
  if (code === 'EACCES')
    return new StartError(`port ${String(port)} needs more rights; give one above 1023 with --port`);
  return new StartError(`the hub can't listen on port ${String(port)}: ${messageOf(error)}`);
}

function namedBadBody(error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  if (!(error instanceof ZodError)) {
    next(error);
    return;
  }
  const where = error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  next(new HttpError(400, `the request's body is not as expected: ${where.join('; ')}`));
}
