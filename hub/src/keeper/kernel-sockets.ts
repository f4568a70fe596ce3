/**
 * One kernel's shell, control, stdin and iopub sockets. Each is read by a loop of its own, so that control never
 * waits behind output; what is not a valid message, or is one that came before, is counted, logged and dropped, and the
 * loop goes on (J3). Shell, control and stdin share one identity, else `input()` never reaches us (J4).
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  decodeZmqFrames,
  encodeZmqParts,
  signatureIn,
  type Channel,
  type KernelMessage,
  type MessageParts,
  type Signer,
} from '@cokernel/proto/jupyter';
import { Dealer, Subscriber } from 'zeromq';
import type { Log } from '../kernel/log.js';
import { endpointOf, signerOf, type Connection } from './connection-file.js';
import type { Counts } from './counts.js';
import { RecentSignatures } from './recent-signatures.js';
import { SendQueue } from './send-queue.js';

export interface KernelSocketsOptions {
  readonly connection: Connection;
  /** The same for each keeper of this kernel: what it answers to a former one then reaches this one. */
  readonly routingId: string;
  /** Counts what is dropped, by reason. */
  readonly dropped: Counts;
  readonly onMessage: (message: KernelMessage, parts: MessageParts) => void;
  readonly log: Log;
}

/** After a process ended its last messages are still under way; quiet for one step means that all are here. */
const DRAIN_STEP_MS = 25;
const DRAIN_MAX_STEPS = 40;

/** Some minutes of a kernel that says little, some seconds of one that floods; a few hundred kilobytes a kernel. */
const SIGNATURES_KNOWN = 1_024;

/** A kernel on this machine opens its ports within a second or so: look often, then less so. */
const RECONNECT_MS = 20;

export class KernelSockets {
  readonly #sign: Signer;
  readonly #dealers = new Map<Channel, Dealer>();
  readonly #queues = new Map<Channel, SendQueue>();
  #iopub: Subscriber | null = null;
  #loops: Promise<void>[] = [];
  readonly #signatures = new Map<Channel, RecentSignatures>();
  #droppedMessages = 0;
  #receivedMessages = 0;

  constructor(private readonly options: KernelSocketsOptions) {
    this.#sign = signerOf(options.connection.key);
  }

  get droppedMessages(): number {
    return this.#droppedMessages;
  }

  get receivedMessages(): number {
    return this.#receivedMessages;
  }

  /** Connecting proves nothing: the kernel need not be there yet (J9). */
  open(): void {
    const { connection, routingId } = this.options;
    this.#openDealer('shell', endpointOf(connection, connection.shellPort), routingId);
    this.#openDealer('control', endpointOf(connection, connection.controlPort), routingId);
    this.#openDealer('stdin', endpointOf(connection, connection.stdinPort), routingId);
    // No bound on what waits here: a full queue makes the kernel drop output. The journal behind it is bounded.
    const iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0, reconnectInterval: RECONNECT_MS });
    this.#iopub = iopub;
    iopub.connect(endpointOf(connection, connection.iopubPort));
    iopub.subscribe();
    this.#loops.push(this.#receive('iopub', iopub));
  }

  /** Resolves when ZeroMQ has taken it; rejects on iopub, which only the kernel speaks on, and when closed. */
  send(channel: Channel, parts: MessageParts): Promise<void> {
    const queue = this.#queues.get(channel);
    if (queue === undefined) return Promise.reject(new Error(`nothing can be sent on ${channel}`));
    return queue.send(encodeZmqParts(parts, this.#sign));
  }

  /** Resolves when nothing more comes, or after a second of a kernel that goes on. */
  async drain(): Promise<void> {
    for (let step = 0, before = -1; step < DRAIN_MAX_STEPS; step += 1) {
      if (this.#receivedMessages === before) return;
      before = this.#receivedMessages;
      await delay(DRAIN_STEP_MS);
    }
  }

  /** What was not sent yet is dropped. Can be called twice. */
  async close(): Promise<void> {
    for (const dealer of this.#dealers.values()) dealer.close();
    this.#iopub?.close();
    this.#dealers.clear();
    this.#queues.clear();
    await Promise.all(this.#loops);
  }

  #openDealer(channel: Channel, address: string, routingId: string): void {
    const dealer = new Dealer({
      linger: 0,
      routingId,
      sendHighWaterMark: 0,
      receiveHighWaterMark: 0,
      reconnectInterval: RECONNECT_MS,
    });
    dealer.connect(address);
    this.#dealers.set(channel, dealer);
    this.#queues.set(channel, new SendQueue(dealer));
    this.#loops.push(this.#receive(channel, dealer));
  }

  async #receive(channel: Channel, socket: Dealer | Subscriber): Promise<void> {
    try {
      for await (const frames of socket) this.#handle(channel, frames);
    } catch (error) {
      if (!socket.closed) this.options.log('error', 'a socket broke', { channel, reason: String(error) });
    }
  }

  /** A failure to handle one message must not end the channel for all later ones. */
  #handle(channel: Channel, frames: readonly Uint8Array[]): void {
    const decoded = decodeZmqFrames(frames, channel, this.#sign);
    this.#receivedMessages += 1;
    if (!decoded.ok) {
      this.#drop(channel, decoded.reason);
      return;
    }
    if (this.#isRepeated(channel, frames)) {
      this.#drop(channel, 'repeated');
      return;
    }
    try {
      this.options.onMessage(decoded.message, decoded.parts);
    } catch (error) {
      this.options.log('error', 'a message could not be handled', { channel, reason: String(error) });
    }
  }

  /** Where nothing is signed, nothing tells a repetition from a message that says the same. */
  #isRepeated(channel: Channel, frames: readonly Uint8Array[]): boolean {
    const signature = this.#sign === null ? null : signatureIn(frames);
    if (signature === null) return false;
    const recent = this.#signatures.get(channel) ?? new RecentSignatures(SIGNATURES_KNOWN);
    this.#signatures.set(channel, recent);
    return !recent.isNew(signature);
  }

  #drop(channel: Channel, reason: string): void {
    this.#droppedMessages += 1;
    const dropped = this.#droppedMessages;
    if (this.options.dropped.add(reason))
      this.options.log('warn', 'a message was dropped', { channel, reason, dropped });
  }
}
