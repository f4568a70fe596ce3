/**
 * The gateway: HTTP and WebSockets of one hub. Each request is authenticated before it is given to who serves it: this
 * hub's own rooms and kernels, or another hub.
 */
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { WebSocket } from 'ws';
import { ZodError } from 'zod';
import { StartError, messageOf } from '../errors.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import { authenticate, exchangeToken, roleOf } from './admission.js';
import { Authentication } from './authentication.js';
import { HttpError, answerErrors } from './http-error.js';
import { pageRouter } from './page.js';
import { metricsRouter, probeRouter } from './probes.js';
import { apiVersionRouter } from './rest/hub.js';
import type { Serving } from './serving.js';
import { Upgrades } from './upgrade.js';

export interface GatewayOptions {
  readonly token: string;
  /** Lets one read the figures and nothing else; null: only the token does. */
  readonly metricsToken: string | null;
  readonly version: string;
  readonly webDirectory: string;
  /** Who serves now. */
  readonly serving: () => Serving;
  /** Null: this hub is alone. */
  readonly peers: PeerDoor | null;
  readonly log: SessionLog;
}

/** How the other hubs of this folder come in. */
interface PeerDoor {
  readonly secret: string;
  readonly enter: (link: PeerSocket) => void;
}

/** Of a hub, whose secret was checked. */
export type PeerSocket = WebSocket;

export class Gateway {
  private readonly server: Server;
  private upgrades: Upgrades | null = null;

  constructor(private readonly options: GatewayOptions) {
    this.server = createServer();
    // A connection that a peer left open must not keep the hub from stopping.
    this.server.keepAliveTimeout = 5_000;
  }

  /** Listens; answers the port. `port` null: 8765, else the next that is free. Throws `StartError`. */
  async listen(host: string, port: number | null): Promise<number> {
    const bound = port === null ? await this.listenOnFree(host, FIRST_PORT) : await this.listenOn(host, port);
    const { token, metricsToken, peers, serving, log } = this.options;
    const authentication = new Authentication({
      ...{ token, metricsToken, loopback: isLoopback(host), peerSecret: peers?.secret ?? null },
      // A browser knows hubs that are one by one name, and it sends the cookies of a host to all its ports.
      cookieName: `cokernel-${peers === null ? String(bound) : shortHash(token)}`,
    });
    this.server.on('request', this.app(authentication));
    this.upgrades = new Upgrades({
      authentication,
      enter: (arrival) => serving().enter(arrival),
      enterPeer: (socket) => peers?.enter(socket),
      log,
    });
    this.upgrades.listen(this.server);
    return bound;
  }

  /** Lets nobody in any more; who is here stays. */
  stopListening(): void {
    this.server.close();
  }

  /** Ends the WebSockets of all clients and hubs, who may come back at once. */
  closeSockets(code: number, reason: string): void {
    this.upgrades?.closeAll(code, reason);
  }

  /** Stops listening and ends every connection. Can be called twice. */
  async close(): Promise<void> {
    await this.upgrades?.close();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private app(authentication: Authentication): Express {
    const { version, serving, webDirectory, log } = this.options;
    const app = express();
    app.disable('x-powered-by');
    app.use(
      helmet({ contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY }, hsts: false }),
    );
    app.use(apiVersionRouter(version));
    app.use(probeRouter(() => serving().missing()));
    // Before a token in the address is exchanged for cookies, which programs don't keep.
    const readsMetrics = authenticate((request) => authentication.checkMetrics(request));
    app.use(
      '/metrics',
      readsMetrics,
      metricsRouter(() => serving().metrics),
    );
    app.use(exchangeToken(authentication));
    app.use(authenticate((request) => authentication.check(request)));
    app.use('/api', (request: Request, response: Response, next: NextFunction) => {
      serving().answer({ request, response, next, role: roleOf(response) });
    });
    app.use(pageRouter(webDirectory));
    app.use(namedBadBody);
    app.use(answerErrors(log));
    return app;
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

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
