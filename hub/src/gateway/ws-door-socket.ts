/** A WebSocket that `ws` accepted, as a door sees it. */
import type { WebSocket } from 'ws';
import { closeCodes } from '@cokernel/proto/hub';
import type { DoorSocket } from './door-socket.js';

type Data = Buffer | ArrayBuffer | Buffer[];
type MessageListener = (data: Uint8Array, isBinary: boolean) => void;

const MAX_REASON_BYTES = 123;
/** What is kept of a client until somebody listens to it, such as the hub that leads next. */
const MAX_EARLY_BYTES = 64 * 1024 * 1024;

export class WsDoorSocket implements DoorSocket {
  private early: [Uint8Array, boolean][] = [];
  private earlyBytes = 0;
  private heard: MessageListener[] = [];
  private closedWith: number | null = null;

  constructor(private readonly socket: WebSocket) {
    socket.on('message', (data, isBinary) => this.message(bytesOf(data), isBinary));
    socket.on('close', (code) => {
      this.closedWith = code;
    });
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  send(frame: Uint8Array | string, written?: () => void): void {
    this.socket.send(frame, { binary: typeof frame !== 'string' }, written);
  }

  ping(text?: string): void {
    if (this.isOpen) this.socket.ping(text);
  }

  /** A close frame has room for 123 bytes, and `ws` throws on more. Reasons carry paths and parser messages. */
  close(code: number, reason: string): void {
    this.socket.close(code, fitting(reason));
  }

  onMessage(listener: MessageListener): void {
    this.heard = [...this.heard, listener];
    const early = this.early;
    this.early = [];
    for (const [data, isBinary] of early) listener(data, isBinary);
  }

  onPong(listener: (text: string) => void): void {
    this.socket.on('pong', (data) => listener(data.toString()));
  }

  onClose(listener: (code: number) => void): void {
    if (this.closedWith !== null) listener(this.closedWith);
    else this.socket.on('close', listener);
  }

  private keep(data: Uint8Array, isBinary: boolean): void {
    this.early.push([data, isBinary]);
    this.earlyBytes += data.length;
    if (this.earlyBytes <= MAX_EARLY_BYTES) return;
    this.early = [];
    this.close(closeCodes.restart, 'nobody listens yet to so much at once; come back');
  }

  private message(data: Uint8Array, isBinary: boolean): void {
    if (this.heard.length === 0) this.keep(data, isBinary);
    for (const listener of this.heard) listener(data, isBinary);
  }
}

/** The longest beginning that fits, whole characters only. */
export function fitting(reason: string): string {
  const room = new Uint8Array(MAX_REASON_BYTES);
  const { read } = new TextEncoder().encodeInto(reason, room);
  return reason.slice(0, read);
}

function bytesOf(data: Data): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
