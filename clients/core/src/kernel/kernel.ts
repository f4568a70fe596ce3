/**
 * A kernel as a client sees it: its messages as streams, what it sends, and the connection beneath. `HubClient.connectKernel`
 * gives one; it comes back by itself after a lost connection, until `close()`. It speaks Jupyter's kernel WebSocket, so the
 * same works over our hub and over any Jupyter Server.
 */
import type { KernelId } from '@cokernel/proto/hub';
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import type { Observable } from 'rxjs';
import type { KernelStream } from './kernel-stream.js';

export interface ConnectKernel {
  /** In each header. Default: the login name in Node; empty in a browser, where there is none. */
  readonly username?: string;
  /**
   * In each header and on the socket: who comes again with the same one gets what it missed. One socket a session: a newer
   * one ends the older. Default: random, so that each connection is one of its own.
   */
  readonly session?: string;
}

/**
 * `connected`: messages flow. `disconnected`: the connection is lost and is tried again; what is sent meanwhile waits.
 * `ended`: for good, all streams have completed; `reason` is a sentence for a person, null after `close()`.
 */
export type KernelConnectionState =
  | { readonly state: 'connected' }
  | { readonly state: 'disconnected'; readonly reason: string }
  | { readonly state: 'ended'; readonly reason: string | null };

export interface Kernel {
  readonly kernelId: KernelId;
  readonly session: string;
  readonly username: string;
  /** Every message, as it comes; frozen (only the bytes of buffers are not). Who subscribes late gets later ones only. */
  readonly messages$: KernelStream;
  /** The messages of one channel. Completing all four closes the connection, as completing `messages$` does. */
  readonly shell$: KernelStream;
  readonly control$: KernelStream;
  readonly stdin$: KernelStream;
  readonly iopub$: KernelStream;
  /** Begins with the state of now; completes after `ended`. */
  readonly connection$: Observable<KernelConnectionState>;
  /** A fresh id and date with this session and user name, for the builders of `@cokernel/proto/jupyter`. */
  sender(): Sender;
  /**
   * Sends by the message's own channel; waits for the connection when it is lost. What the broken connection may have
   * swallowed is not sent again: it may have arrived. Throws MessageRefused, and then nothing was sent and nothing ends.
   */
  send(message: KernelMessage): void;
  /** Sends, and resolves with the reply of the same channel. Rejects with MessageRefused when the connection ends before. */
  request(message: KernelMessage): Promise<KernelMessage>;
  /** Over control, where it does not wait behind a running cell (E8). */
  interrupt(): Promise<void>;
  /** Starts the process anew; its memory is new. */
  restart(): Promise<void>;
  /** Over control (E8); resolves when the kernel is gone. Ends the connection. */
  shutdown(): Promise<void>;
  /** Leaves; the kernel runs on. Can be called twice. */
  close(): void;
}

export type RefusalCode =
  /** The message names no channel to send on: shell, control or stdin. */
  | 'unknownChannel'
  /** This channel was completed. */
  | 'channelClosed'
  /** The connection has ended. */
  | 'ended';

/** A message was not sent, or its reply will not come. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
  }
}
