/**
 * A relaying hub's end of the link to the hub that leads: passes its clients' WebSockets over one connection. It lives as
 * long as the connection. Guarantees: what a client sends before the connection is there is kept for it, in order;
 * when it ends, each client is told to come back at once; a leading hub that was stopped is noticed too.
 */
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { closeCodes } from '@cokernel/proto/hub';
import { HUB_SECRET_HEADER, LINK_PATH } from '../gateway/peer-headers.js';
import type { Arrival } from '../gateway/serving.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import { LINK_PROTOCOL, decodeFrames } from './link-frames.js';
import { LINK_TIMES, LinkHeartbeat } from './link-heartbeat.js';
import type { LinkTimes } from './link-heartbeat.js';
import { RelayedClients } from './relayed-clients.js';

export interface LinkClientOptions {
  /** Where the leading hub is reached, such as `http://hub-a:8765`. */
  readonly address: string;
  readonly secret: string;
  readonly times?: LinkTimes;
  /** Clients can be taken. */
  readonly onOpen: () => void;
  /** Once, when the link has ended by itself or could not be made. Its clients are closed by then. */
  readonly onBroken: (reason: string) => void;
  /** The leading hub stops, and another may lead. */
  readonly onHandedOver: () => void;
  readonly log: SessionLog;
}

/** Above any frame of a document; the leading hub is trusted, what claims more is not it. */
const MAX_MESSAGE_BYTES = 1024 * 1024 * 1024;
/** A hub that lives answers a close within a round trip. */
const GOODBYE_MS = 500;

export class LinkClient {
  readonly #clients: RelayedClients;
  readonly #heartbeat: LinkHeartbeat;
  #waiting: Arrival[] = [];
  #socket: WebSocket | null = null;
  #bytesRead: () => number = () => 0;
  #state: 'connecting' | 'open' | 'ended' = 'connecting';

  constructor(private readonly options: LinkClientOptions) {
    this.#clients = new RelayedClients({
      write: (message) => this.#socket?.send(message),
      waitingBytes: () => this.#socket?.bufferedAmount ?? 0,
    });
    this.#heartbeat = new LinkHeartbeat({
      times: options.times ?? LINK_TIMES,
      heard: () => this.#bytesRead(),
      beat: () => this.#socket?.ping(),
      onDead: () => this.#end('the leading hub does not answer'),
    });
  }

  start(): void {
    const { times = LINK_TIMES, secret } = this.options;
    const socket = new WebSocket(linkUrl(this.options.address), [LINK_PROTOCOL], {
      headers: { [HUB_SECRET_HEADER]: secret },
      handshakeTimeout: times.everyMs * times.silentBeats,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('upgrade', (response) => {
      this.#bytesRead = () => response.socket.bytesRead;
    });
    socket.on('open', () => this.#opened());
    socket.on('message', (data) => this.#read(data));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', (code, reason) => this.#end(`it closed the link (${code}): ${reason.toString()}`));
  }

  /** Takes a client who was let in here. */
  enter(arrival: Arrival): void {
    if (this.#state === 'open') this.#clients.add(arrival);
    else if (this.#state === 'connecting') this.#waiting.push(arrival);
    else sendBack(arrival);
  }

  /** Tells its clients to come back; `onBroken` is not called. Can be called twice. */
  stop(): void {
    if (this.#state === 'ended') return;
    const wasOpen = this.#state === 'open';
    this.#close();
    const socket = this.#socket;
    if (socket === null) return;
    if (!wasOpen) return socket.terminate();
    socket.close();
    const late = setTimeout(() => socket.terminate(), GOODBYE_MS);
    socket.once('close', () => clearTimeout(late));
  }

  #opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#heartbeat.start();
    for (const arrival of this.#waiting.splice(0)) this.#clients.add(arrival);
    this.options.onOpen();
  }

  #read(data: RawData): void {
    const { frames, bad } = decodeFrames(bytesOf(data));
    for (const frame of frames) {
      if (this.#state !== 'open') return;
      if (frame.kind === 'handedOver') this.options.onHandedOver();
      else if (!this.#clients.receive(frame)) return this.#end(`'${frame.kind}' is what a relaying hub says`);
    }
    if (bad !== null) this.#end(`what it sent is no frame: ${bad}`);
  }

  #end(reason: string): void {
    if (this.#state === 'ended') return;
    this.#close();
    this.#socket?.terminate();
    this.options.log.info({ address: this.options.address, reason }, 'the link to the leading hub ended');
    this.options.onBroken(reason);
  }

  #close(): void {
    this.#state = 'ended';
    this.#heartbeat.stop();
    this.#clients.stop();
    for (const arrival of this.#waiting.splice(0)) sendBack(arrival);
  }
}

function sendBack({ socket }: Arrival): void {
  socket.close(closeCodes.restart, 'another hub leads from now on; come back');
}

function linkUrl(address: string): URL {
  const url = new URL(LINK_PATH, address);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
