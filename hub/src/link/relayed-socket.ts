/**
 * A client whom another hub relays, as a door of this one sees it. What was given to it and has not left the other hub
 * counts as not written, so that one who reads slowly looks as slow as if it were here.
 */
import type { DoorSocket } from '../gateway/door-socket.js';
import { costOf } from './link-frames.js';

type MessageListener = (data: Uint8Array, isBinary: boolean) => void;

/** The link, for one client. */
export interface RelayedWay {
  send(frame: Uint8Array | string): void;
  ping(text: string): void;
  close(code: number, reason: string): void;
}

export class RelayedSocket implements DoorSocket {
  #isOpen = true;
  #closedWith: number | null = null;
  #given = 0;
  #written = 0;
  #awaiting: { readonly upTo: number; readonly written: () => void }[] = [];
  #early: [Uint8Array, boolean][] = [];
  readonly #onMessage: MessageListener[] = [];
  readonly #onPong: ((text: string) => void)[] = [];
  readonly #onClose: ((code: number) => void)[] = [];

  constructor(
    readonly protocol: string,
    private readonly way: RelayedWay,
  ) {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get bufferedAmount(): number {
    return this.#given - this.#written;
  }

  send(frame: Uint8Array | string, written?: () => void): void {
    if (!this.#isOpen) return written === undefined ? undefined : queueMicrotask(written);
    this.#given += costOf(Buffer.byteLength(frame));
    if (written !== undefined) this.#awaiting.push({ upTo: this.#given, written });
    this.way.send(frame);
  }

  ping(text = ''): void {
    if (this.#isOpen) this.way.ping(text);
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.way.close(code, reason);
  }

  onMessage(listener: MessageListener): void {
    this.#onMessage.push(listener);
    for (const [data, isBinary] of this.#early.splice(0)) listener(data, isBinary);
  }

  onPong(listener: (text: string) => void): void {
    this.#onPong.push(listener);
  }

  onClose(listener: (code: number) => void): void {
    if (this.#closedWith === null) this.#onClose.push(listener);
    else listener(this.#closedWith);
  }

  // What the link tells

  received(data: Uint8Array, isBinary: boolean): void {
    if (this.#onMessage.length === 0) this.#early.push([data, isBinary]);
    for (const listener of [...this.#onMessage]) listener(data, isBinary);
  }

  ponged(text: string): void {
    for (const listener of this.#onPong) listener(text);
  }

  /** So many bytes more have left. */
  credited(bytes: number): void {
    this.#written = Math.min(this.#written + bytes, this.#given);
    while (this.#awaiting[0] !== undefined && this.#awaiting[0].upTo <= this.#written)
      this.#awaiting.shift()?.written();
  }

  /** Its socket has closed, or the link has: nothing waits for it any more. */
  closed(code: number): void {
    if (this.#closedWith !== null) return;
    this.#isOpen = false;
    this.#closedWith = code;
    for (const listener of this.#onClose) listener(code);
    this.credited(this.bufferedAmount);
  }
}
