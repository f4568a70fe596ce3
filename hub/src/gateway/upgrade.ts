/**
 * WebSocket upgrades: authenticated before anything else, then given to who serves. A socket that may not come in is
 * closed with a code that a browser can read (PROTOCOL.md §6).
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { closeCodes } from '@cokernel/proto/hub';
import { KERNEL_WEBSOCKET_V1 } from '@cokernel/proto/jupyter';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { Authentication } from './authentication.js';
import { LINK_PATH } from './peer-headers.js';
import type { Arrival } from './serving.js';
import { kernelIdOf } from './socket-paths.js';
import { WsDoorSocket, fitting } from './ws-door-socket.js';

export interface UpgradeOptions {
  readonly authentication: Authentication;
  /** A client came in. */
  readonly enter: (arrival: Arrival) => Promise<void>;
  /** Another hub of this folder came in, with the clients that it relays. */
  readonly enterPeer: (socket: WebSocket) => void;
  readonly log: SessionLog;
}

/** A notebook's largest single frame: a paste of pictures fits, a flood does not. With room for what a link adds to it. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024 + 64 * 1024;
/** A healthy client answers a close within a round trip. */
const GOODBYE_MS = 500;

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
        this.accept(request, socket).catch((error: unknown) => {
          this.options.log.error({ error }, 'a WebSocket could not be let in');
          socket.terminate();
        });
      });
    });
  }

  /** Says goodbye to every client and every hub here. */
  closeAll(code: number, reason: string): void {
    for (const socket of this.sockets.clients) socket.close(code, fitting(reason));
  }

  /** Says goodbye to every client, and ends those that don't answer in time. */
  async close(): Promise<void> {
    const gone = [...this.sockets.clients].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    this.closeAll(closeCodes.goingAway, 'the hub stops');
    const late = setTimeout(() => {
      for (const socket of this.sockets.clients) socket.terminate();
    }, GOODBYE_MS);
    await Promise.all(gone);
    clearTimeout(late);
    this.sockets.close();
  }

  private async accept(request: IncomingMessage, socket: WebSocket): Promise<void> {
    const { authentication, enter, enterPeer } = this.options;
    const url = request.url ?? '';
    if (url === LINK_PATH && authentication.isPeer(request)) return enterPeer(socket);
    const access = authentication.check(request, true);
    if ('refused' in access) return socket.close(closeCodes[access.refused], fitting(access.why));
    await enter({ url, role: access.role, socket: new WsDoorSocket(socket) });
  }
}

/** A kernel's channels have one protocol with a name; a room's have none, and a client's first does no harm there. */
function chooseProtocol(offered: ReadonlySet<string>, { url }: IncomingMessage): string | false {
  if (kernelIdOf(url ?? '') === null) return [...offered][0] ?? false;
  return offered.has(KERNEL_WEBSOCKET_V1) ? KERNEL_WEBSOCKET_V1 : false;
}
