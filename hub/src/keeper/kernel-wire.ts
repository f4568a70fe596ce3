/**
 * What one life of a kernel is spoken to with, whoever started its process: its sockets, its heartbeat, the questions
 * that tell when it is ready, and requests on control that are answered.
 */
import { randomUUID } from 'node:crypto';
import {
  interruptRequest,
  messageParts,
  type Channel,
  type KernelMessage,
  type MessageParts,
  type Sender,
} from '@cokernel/proto/jupyter';
import type { KernelInfo } from '../kernel/kernel-host.js';
import type { Log } from '../kernel/log.js';
import type { Connection } from './connection-file.js';
import { ControlCalls } from './control-calls.js';
import type { Counts } from './counts.js';
import { Heartbeat } from './heartbeat.js';
import { KernelSockets } from './kernel-sockets.js';
import { Readiness } from './readiness.js';

export interface KernelWireOptions {
  readonly connection: Connection;
  readonly routingId: string;
  readonly dropped: Counts;
  readonly heartbeatMs: number;
  readonly onMessage: (message: KernelMessage, parts: MessageParts) => void;
  readonly onHeartbeat: (beating: boolean, sinceMs: number) => void;
  readonly log: Log;
}

/** A kernel that does not answer interrupt_request for so long will not. */
const INTERRUPT_TIMEOUT_MS = 10_000;
const ASK_AGAIN_MS = 100;

export class KernelWire {
  readonly #sockets: KernelSockets;
  readonly #heartbeat: Heartbeat;
  readonly #readiness: Readiness;
  readonly #calls: ControlCalls;
  readonly #session = randomUUID();

  constructor(private readonly options: KernelWireOptions) {
    const { connection, routingId, dropped, log, heartbeatMs, onHeartbeat } = options;
    const send = (channel: Channel, parts: MessageParts): Promise<void> => this.#sockets.send(channel, parts);
    this.#sockets = new KernelSockets({
      connection,
      routingId,
      dropped,
      log,
      onMessage: (message, parts) => this.#observe(message, parts),
    });
    this.#heartbeat = new Heartbeat({
      transport: connection.transport,
      ip: connection.ip,
      port: connection.heartbeatPort,
      timeToDeadMs: heartbeatMs,
      onChange: onHeartbeat,
      now: () => performance.now(),
    });
    this.#readiness = new Readiness({
      send: (request) => send(request.channel, messageParts(request)),
      session: this.#session,
      askAgainMs: ASK_AGAIN_MS,
    });
    this.#calls = new ControlCalls(send);
  }

  get droppedMessages(): number {
    return this.#sockets.droppedMessages;
  }

  get isBeating(): boolean {
    return this.#heartbeat.isBeating;
  }

  /** Resolves when the kernel takes requests. */
  get ready(): Promise<KernelInfo> {
    return this.#readiness.reached;
  }

  open(): void {
    this.#sockets.open();
  }

  startHeartbeat(): void {
    this.#heartbeat.start();
  }

  /** From now on it is asked whether it is ready. */
  askWhetherReady(): void {
    this.#readiness.start();
  }

  /** A run was sent meanwhile: the kernel is ready when it has done with that too. */
  overtaken(): void {
    this.#readiness.overtaken();
  }

  /** It won't be ready any more. */
  giveUp(): void {
    this.#readiness.stop();
  }

  send(channel: Channel, parts: MessageParts): Promise<void> {
    return this.#sockets.send(channel, parts);
  }

  /** Sends without waiting for an answer. */
  tell(request: KernelMessage): Promise<void> {
    return this.send('control', messageParts(request));
  }

  /** By message; resolves when the kernel has answered. */
  interrupt(ended: Promise<string>): Promise<void> {
    return this.#calls.call(interruptRequest(this.sender()), ended, INTERRUPT_TIMEOUT_MS);
  }

  /** Of a request of our own. */
  sender(): Sender {
    return { msgId: randomUUID(), session: this.#session, username: 'cokernel', date: new Date().toISOString() };
  }

  /** Hands over what is still under way, then closes. Can be called twice. */
  async close(): Promise<void> {
    this.#readiness.stop();
    await this.#heartbeat.stop();
    await this.#sockets.drain();
    await this.#sockets.close();
  }

  #observe(message: KernelMessage, parts: MessageParts): void {
    this.options.onMessage(message, parts);
    this.#readiness.observe(message);
    this.#calls.observe(message);
  }
}
