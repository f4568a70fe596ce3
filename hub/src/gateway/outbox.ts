/**
 * Outbox: what one socket still has to be sent, with a bound. A client that does not read is closed with a named code
 * when the bound is reached; it comes back and is brought up to date by difference (X16). Nothing grows for it.
 */
import { closeCodes } from '@cokernel/proto/hub';
import type { DoorSocket } from './door-socket.js';

export interface OutboxOptions {
  /** More than any burst that a healthy client falls behind by; less than the hub can afford a client (16 MiB). */
  readonly maxBytes: number;
}

export class Outbox {
  constructor(
    private readonly socket: DoorSocket,
    private readonly options: OutboxOptions,
  ) {}

  /** Sends a frame, or closes a socket that lags behind. A single frame may be larger than the bound. */
  send(frame: Uint8Array): void {
    if (!this.socket.isOpen) return;
    if (this.socket.bufferedAmount > this.options.maxBytes) {
      this.socket.close(closeCodes.tooSlow, 'this client reads too slowly; come back for the difference');
      return;
    }
    this.socket.send(frame);
  }
}
