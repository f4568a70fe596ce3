/** A hub that leads and one that relays, in one process: real HTTP servers, real WebSockets, and a way between that can break. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { HUB_SECRET_HEADER, LINK_PATH } from '../../src/gateway/peer-headers.js';
import type { Arrival } from '../../src/gateway/serving.js';
import { WsDoorSocket } from '../../src/gateway/ws-door-socket.js';
import { LinkClient } from '../../src/link/link-client.js';
import { decodeFrames, type LinkFrame } from '../../src/link/link-frames.js';
import type { LinkTimes } from '../../src/link/link-heartbeat.js';
import { LinkServer } from '../../src/link/link-server.js';
import { BreakableWay } from '../support/breakable-way.js';
import { waitUntil } from '../support/wait-until.js';

const SECRET = 'what hubs show each other';
/** Soon, and no sooner than a busy machine lets a living hub be heard. */
const TIMES: LinkTimes = { everyMs: 400, silentBeats: 5 };

const quiet = (): void => undefined;
const log = { info: quiet, warn: quiet, error: quiet };

export class LinkStage {
  readonly link: LinkServer;
  /** What the leading hub has told the relaying one. */
  told: LinkFrame[] = [];
  private toldBytes = 0;
  readonly broken: string[] = [];
  opened = 0;
  handedOver = 0;
  private readonly clients = new Set<WebSocket>();

  #relayed: LinkClient | null = null;

  private constructor(
    private readonly leader: Server,
    private readonly relay: Server,
    readonly way: BreakableWay,
    enter: (arrival: Arrival) => void,
    times: LinkTimes,
  ) {
    this.link = new LinkServer({ enter: (arrival) => Promise.resolve(enter(arrival)), times, log: log });
    acceptAll(leader, (socket, url, secret) => {
      if (url !== LINK_PATH || secret !== SECRET) return socket.close(4404);
      this.hear(socket);
      this.link.accept(socket);
    });
  }

  /** `enter` serves those who come in at the leading hub. */
  static async start(enter: (arrival: Arrival) => void, times = TIMES): Promise<LinkStage> {
    const [leader, relay] = [await listening(), await listening()];
    const way = await BreakableWay.to(portOf(leader));
    const stage = new LinkStage(leader, relay, way, enter, times);
    acceptAll(relay, (socket, url) => {
      stage.relayed.enter({ url, role: 'editor', socket: new WsDoorSocket(socket) });
    });
    return stage;
  }

  /** The relaying hub's end; made when it is first needed. */
  get relayed(): LinkClient {
    if (this.#relayed === null) {
      this.#relayed = new LinkClient({
        ...{ address: this.way.url, secret: SECRET, times: TIMES, log: log },
        onBroken: (reason) => this.broken.push(reason),
        onOpen: () => (this.opened += 1),
        onHandedOver: () => (this.handedOver += 1),
      });
      this.#relayed.start();
    }
    return this.#relayed;
  }

  get relayUrl(): string {
    return `ws://127.0.0.1:${portOf(this.relay)}`;
  }

  get leaderUrl(): string {
    return `ws://127.0.0.1:${portOf(this.leader)}`;
  }

  /** A client at the relaying hub. */
  client(path = '/api/x', protocols: string[] = []): WebSocket {
    return this.keep(new WebSocket(`${this.relayUrl}${path}`, protocols));
  }

  /** Whatever speaks to the leading hub as a hub does. */
  rudeHub(protocols: string[]): WebSocket {
    const url = `${this.leaderUrl}${LINK_PATH}`;
    return this.keep(new WebSocket(url, protocols, { headers: { [HUB_SECRET_HEADER]: SECRET } }));
  }

  /** The frames of one kind that the leading hub has told. */
  toldOf<K extends LinkFrame['kind']>(kind: K): (LinkFrame & { kind: K })[] {
    return this.told.filter((frame): frame is LinkFrame & { kind: K } => frame.kind === kind);
  }

  /** In messages of the link, from the leading hub. */
  bytesToRelay(): number {
    return this.toldBytes;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.terminate();
    this.#relayed?.stop();
    this.link.stop();
    await this.way.close();
    for (const server of [this.leader, this.relay]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private keep(client: WebSocket): WebSocket {
    this.clients.add(client);
    client.on('error', quiet);
    return client;
  }

  private hear(socket: WebSocket): void {
    const send = socket.send.bind(socket) as (data: Uint8Array) => void;
    socket.send = (data: Uint8Array): void => {
      this.told.push(...decodeFrames(data).frames);
      this.toldBytes += data.length;
      send(data);
    };
  }
}

/** The messages that a client has got, as text. */
export function heard(client: WebSocket): string[] {
  const texts: string[] = [];
  client.on('message', (data: Buffer) => texts.push(data.toString()));
  return texts;
}

/** How a client's socket was closed; `code` 0: it is open. */
export function closing(client: WebSocket): { code: number; reason: string } {
  const close = { code: 0, reason: '' };
  client.on('close', (code, reason) => Object.assign(close, { code, reason: reason.toString() }));
  return close;
}

export async function opened(...clients: readonly WebSocket[]): Promise<void> {
  await waitUntil('sockets are open', () => clients.every(({ readyState, OPEN }) => readyState === OPEN));
}

function acceptAll(server: Server, accept: (socket: WebSocket, url: string, secret: unknown) => void): void {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: ([first]) => first ?? false });
  server.on('upgrade', (request, stream, head: Buffer) => {
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('error', quiet);
      accept(socket, request.url ?? '', request.headers[HUB_SECRET_HEADER]);
    });
  });
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
