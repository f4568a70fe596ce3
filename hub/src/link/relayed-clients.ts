/**
 * The clients of a hub that relays, each known on the link by its number: what they say becomes frames for the leading
 * hub, and what that says goes to their sockets untouched.
 */
import { closeCodes } from '@cokernel/proto/hub';
import type { DoorSocket } from '../gateway/door-socket.js';
import type { Arrival } from '../gateway/serving.js';
import { Credits } from './credits.js';
import { costOf } from './link-frames.js';
import type { LinkFrame } from './link-frames.js';
import { LinkWriter } from './link-writer.js';

export interface RelayedClientsOptions {
  /** Puts a message on the link. */
  readonly write: (message: Uint8Array) => void;
  /** What waits on the link to be written. */
  readonly waitingBytes: () => number;
}

/** What the leading hub takes in one message (64 MiB); more would end the link, and with it everybody's. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** More waits only when the leading hub takes nothing any more; then who sends has to come back. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** RFC 6455 §7.4.1. */
const TOO_BIG = 1009;

export class RelayedClients {
  readonly #sockets = new Map<number, DoorSocket>();
  readonly #writer: LinkWriter;
  readonly #credits: Credits;
  #lastId = 0;
  #stopped = false;

  constructor(private readonly options: RelayedClientsOptions) {
    this.#writer = new LinkWriter((message) => {
      if (!this.#stopped) options.write(message);
    });
    this.#credits = new Credits((credits) => this.#writer.add({ kind: 'written', credits }));
  }

  add({ url, role, socket }: Arrival): void {
    if (!socket.isOpen) return;
    const id = ++this.#lastId;
    this.#sockets.set(id, socket);
    this.#writer.add({ kind: 'open', id, url, role, protocol: socket.protocol });
    socket.onMessage((data, isBinary) => this.#said(id, data, isBinary));
    socket.onPong((text) => this.#writer.add({ kind: 'pong', id, text }));
    socket.onClose((code) => this.#left(id, code));
  }

  /** False: that is no frame for a hub that relays. */
  receive(frame: LinkFrame): boolean {
    switch (frame.kind) {
      case 'send':
        this.#send(frame);
        return true;
      case 'ping':
        this.#sockets.get(frame.id)?.ping(frame.text);
        return true;
      case 'close':
        this.#sockets.get(frame.id)?.close(frame.code, frame.reason);
        return true;
      default:
        return false;
    }
  }

  /** Tells everybody to come back. Can be called twice. */
  stop(): void {
    if (this.#stopped) return;
    this.#writer.flush();
    this.#stopped = true;
    this.#credits.stop();
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    for (const socket of sockets) socket.close(closeCodes.restart, 'the hub that leads changes; come back');
  }

  #send({ ids, isBinary, data }: LinkFrame & { kind: 'send' }): void {
    const frame = isBinary ? data : Buffer.from(data.buffer, data.byteOffset, data.length).toString();
    const cost = costOf(data.length);
    for (const id of ids) {
      this.#sockets.get(id)?.send(frame, () => {
        if (this.#sockets.has(id)) this.#credits.add(id, cost);
      });
    }
  }

  #said(id: number, data: Uint8Array, isBinary: boolean): void {
    const socket = this.#sockets.get(id);
    if (socket === undefined) return;
    if (data.length > MAX_FRAME_BYTES) return socket.close(TOO_BIG, 'this message is larger than 64 MiB');
    if (this.options.waitingBytes() > MAX_WAITING_BYTES) {
      return socket.close(closeCodes.restart, 'the hub that leads takes nothing now; come back');
    }
    this.#writer.add({ kind: 'message', id, isBinary, data });
  }

  #left(id: number, code: number): void {
    if (!this.#sockets.delete(id)) return;
    this.#credits.forget(id);
    this.#writer.add({ kind: 'closed', id, code });
  }
}
