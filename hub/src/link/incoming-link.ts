/**
 * The leading hub's end of one link: each client of the relaying hub becomes a socket that enters as those here do.
 * Guarantees: what is no frame ends the link with a reason and nothing else; clients whose link ends are closed as by a
 * broken connection; a relaying hub that takes nothing is cut off before what waits for it fills the memory.
 */
import type { RawData, WebSocket } from 'ws';
import { closeCodes } from '@cokernel/proto/hub';
import type { Arrival } from '../gateway/serving.js';
import { fitting } from '../gateway/ws-door-socket.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import { decodeFrames } from './link-frames.js';
import type { LinkFrame } from './link-frames.js';
import { LinkHeartbeat } from './link-heartbeat.js';
import type { LinkTimes } from './link-heartbeat.js';
import { LinkWriter } from './link-writer.js';
import { RelayedSocket } from './relayed-socket.js';

export interface IncomingLinkOptions {
  readonly socket: WebSocket;
  /** Never rejects. */
  readonly enter: (arrival: Arrival) => Promise<void>;
  readonly times: LinkTimes;
  readonly onEnd: () => void;
  readonly log: SessionLog;
}

/** More than the bursts of all clients of a hub; those who read slowly are bounded one by one before (16 MiB). */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
/** A connection that broke, without a goodbye (RFC 6455 §7.1.5). */
const BROKEN = 1006;

export class IncomingLink {
  readonly #sockets = new Map<number, RelayedSocket>();
  readonly #writer = new LinkWriter((message) => this.#write(message));
  readonly #heartbeat: LinkHeartbeat;
  #heard = 0;
  #ended = false;

  constructor(private readonly options: IncomingLinkOptions) {
    const { socket, times } = options;
    this.#heartbeat = new LinkHeartbeat({
      times,
      heard: () => this.#heard,
      // The relaying hub is the one who asks.
      beat: () => undefined,
      onDead: () => socket.terminate(),
    });
  }

  start(): void {
    const { socket } = this.options;
    socket.on('ping', () => {
      this.#heard += 1;
    });
    socket.on('message', (data) => this.#read(data));
    socket.on('close', () => this.#end());
    this.#heartbeat.start();
  }

  handOver(): void {
    this.#writer.add({ kind: 'handedOver' });
    this.#writer.flush();
  }

  /** Can be called twice. */
  stop(code: number, reason: string): void {
    this.#writer.flush();
    this.options.socket.close(code, fitting(reason));
    this.#end();
  }

  #read(data: RawData): void {
    if (this.#ended) return;
    this.#heard += 1;
    const { frames, bad } = decodeFrames(bytesOf(data));
    for (const frame of frames) {
      const refused = this.#receive(frame);
      if (refused !== null) return this.#refuse(refused);
    }
    if (bad !== null) this.#refuse(bad);
  }

  /** Answers why it can't be; a frame for a client who has left meanwhile is a normal one. */
  #receive(frame: LinkFrame): string | null {
    switch (frame.kind) {
      case 'open':
        return this.#open(frame);
      case 'message':
        this.#sockets.get(frame.id)?.received(frame.data, frame.isBinary);
        return null;
      case 'pong':
        this.#sockets.get(frame.id)?.ponged(frame.text);
        return null;
      case 'written':
        for (const { id, bytes } of frame.credits) this.#sockets.get(id)?.credited(bytes);
        return null;
      case 'closed':
        this.#sockets.get(frame.id)?.closed(frame.code);
        this.#sockets.delete(frame.id);
        return null;
      default:
        return `'${frame.kind}' is what the leading hub says`;
    }
  }

  #open({ id, url, role, protocol }: LinkFrame & { kind: 'open' }): string | null {
    if (this.#sockets.has(id)) return `client ${id} is here already`;
    const socket = new RelayedSocket(protocol, {
      send: (frame) => this.#writer.send(id, frame),
      ping: (text) => this.#writer.add({ kind: 'ping', id, text }),
      close: (code, reason) => this.#writer.add({ kind: 'close', id, code, reason }),
    });
    this.#sockets.set(id, socket);
    this.options.enter({ url, role, socket }).catch((error: unknown) => {
      this.options.log.error({ error }, 'a relayed client could not enter');
      socket.close(closeCodes.fault, 'a fault in the hub');
    });
    return null;
  }

  #refuse(reason: string): void {
    this.options.log.warn({ reason }, 'a hub that relays sent what is no frame; its link is closed');
    this.stop(closeCodes.badFrame, `not a frame of the link: ${reason}`);
  }

  #write(message: Uint8Array): void {
    const { socket, log } = this.options;
    if (this.#ended) return;
    if (socket.bufferedAmount > MAX_UNREAD_BYTES && this.#heartbeat.isSilent) {
      log.warn({ bytes: socket.bufferedAmount }, 'a hub that relays takes nothing; its link is cut');
      return socket.terminate();
    }
    socket.send(message);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat.stop();
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    this.options.onEnd();
    for (const socket of sockets) socket.closed(BROKEN);
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
