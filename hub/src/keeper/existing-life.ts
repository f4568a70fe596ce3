/**
 * The life of a kernel that somebody else started (J14), as far as we see it: reached over its sockets, alive as long
 * as somebody listens at its ports. It is asked to end only when a person asks us to; otherwise we only let go of it.
 * Its process is never signalled and its connection file never touched: neither is ours.
 */
import { randomUUID } from 'node:crypto';
import {
  interruptRequest,
  kernelInfoRequest,
  messageParts,
  shutdownRequest,
  type Channel,
  type KernelMessage,
  type MessageParts,
} from '@cokernel/proto/jupyter';
import type { Log } from '../kernel/log.js';
import { endpointOf, type Connection } from './connection-file.js';
import { ControlCalls } from './control-calls.js';
import type { Counts } from './counts.js';
import { Heartbeat } from './heartbeat.js';
import { KernelSockets } from './kernel-sockets.js';
import type { Life, StartOutcome } from './life.js';
import { PortWatch } from './port-watch.js';
import { Readiness } from './readiness.js';
import { endsWithin } from './within.js';

export interface ExistingLifeOptions {
  readonly connection: Connection;
  readonly routingId: string;
  readonly dropped: Counts;
  /** A former keeper has heard it with this key: then its heartbeat is proof enough that it is there. */
  readonly wasHeard: boolean;
  /** How long a kernel that is there may take to be heard: it may be on another machine, or computing. */
  readonly heardTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly onMessage: (message: KernelMessage, parts: MessageParts) => void;
  readonly onHeartbeat: (beating: boolean, sinceMs: number) => void;
  readonly log: Log;
}

const INTERRUPT_TIMEOUT_MS = 10_000;
/** As long as J10 gives a kernel that is ours before it is killed. */
const SHUTDOWN_TIMEOUT_MS = 5_000;
const ASK_AGAIN_MS = 100;

export class ExistingLife implements Life {
  readonly pid = null;
  readonly #sockets: KernelSockets;
  readonly #heartbeat: Heartbeat;
  readonly #readiness: Readiness;
  readonly #watch: PortWatch;
  readonly #calls: ControlCalls;
  readonly #session = randomUUID();
  /** Resolves with the first message that is signed with the file's key. */
  readonly #heard: Promise<void>;
  #tellHeard: () => void = () => undefined;

  constructor(private readonly options: ExistingLifeOptions) {
    const { connection, routingId, dropped, log, heartbeatMs } = options;
    this.#sockets = new KernelSockets({
      connection,
      routingId,
      dropped,
      log,
      onMessage: (message, parts) => this.#observe(message, parts),
    });
    this.#watch = new PortWatch({ connection, everyMs: heartbeatMs });
    this.#heartbeat = new Heartbeat({
      transport: connection.transport,
      ip: connection.ip,
      port: connection.heartbeatPort,
      timeToDeadMs: heartbeatMs,
      onChange: (beating, sinceMs) => this.#heartbeatChanged(beating, sinceMs),
      now: () => performance.now(),
    });
    this.#readiness = new Readiness({
      send: (request) => this.send(request.channel, messageParts(request)),
      session: this.#session,
      askAgainMs: ASK_AGAIN_MS,
    });
    this.#calls = new ControlCalls((channel, parts) => this.send(channel, parts));
    this.#heard = new Promise((resolve) => (this.#tellHeard = resolve));
  }

  get ended(): Promise<string> {
    return this.#watch.gone.then(() => 'nobody listening at its ports');
  }

  /** Resolves when the kernel was heard; a kernel that computes may answer on control alone, or print. */
  async launch(): Promise<void> {
    const address = endpointOf(this.options.connection, this.options.connection.shellPort);
    if (await this.#watch.isRefused()) throw new Error(`nobody listens at ${address}: has the kernel ended?`);
    this.#sockets.open();
    this.#heartbeat.start();
    this.#readiness.start();
    await this.send('control', messageParts({ ...kernelInfoRequest(this.#sender()), channel: 'control' }));
    if (await endsWithin(this.#heard, this.options.heardTimeoutMs)) return;
    if (!this.options.wasHeard || !this.#heartbeat.isBeating) throw new Error(this.#whyUnheard(address));
  }

  /** No time limit: a kernel that computes is ready when it has done with that. */
  async started(): Promise<StartOutcome> {
    const ended = this.ended.then((reason) => `it ended with ${reason}`);
    const result = await Promise.race([this.#readiness.reached, ended]);
    if (typeof result === 'string') return { outcome: 'failed', reason: result, stderr: '' };
    return { outcome: 'ready', kernelInfo: result };
  }

  send(channel: Channel, parts: MessageParts): Promise<void> {
    return this.#sockets.send(channel, parts);
  }

  overtaken(): void {
    this.#readiness.overtaken();
  }

  /** Always by message: the process is not ours to signal. */
  interrupt(): Promise<void> {
    return this.#calls.call(interruptRequest(this.#sender()), this.ended, INTERRUPT_TIMEOUT_MS);
  }

  async shutdown(): Promise<string> {
    try {
      await this.send('control', messageParts(interruptRequest(this.#sender())));
      await this.send('control', messageParts(shutdownRequest(this.#sender())));
    } catch (error) {
      this.options.log('warn', 'a kernel could not be asked to end', { reason: String(error) });
    }
    this.#watch.start();
    const ended = await endsWithin(this.ended, SHUTDOWN_TIMEOUT_MS);
    await this.close();
    return ended ? 'it was shut down' : 'it was asked to end and has not: it was let go';
  }

  async close(): Promise<void> {
    this.#readiness.stop();
    this.#watch.stop();
    await this.#heartbeat.stop();
    await this.#sockets.drain();
    await this.#sockets.close();
  }

  stderrTail(): Promise<string> {
    return Promise.resolve('');
  }

  #observe(message: KernelMessage, parts: MessageParts): void {
    this.#tellHeard();
    this.options.onMessage(message, parts);
    this.#readiness.observe(message);
    this.#calls.observe(message);
  }

  #heartbeatChanged(beating: boolean, sinceMs: number): void {
    this.options.onHeartbeat(beating, sinceMs);
    if (beating) this.#watch.stop();
    else this.#watch.start();
  }

  #whyUnheard(address: string): string {
    if (this.#sockets.droppedMessages > 0) return `what ${address} says is not signed with the key of the file`;
    const silence = `nothing was heard from ${address} for ${this.options.heardTimeoutMs / 1000} s`;
    if (!this.#heartbeat.isBeating) return silence;
    return `${silence} but its heartbeat: the key of the file may be another's, or the kernel computes; try again later`;
  }

  #sender() {
    return { msgId: randomUUID(), session: this.#session, username: 'cokernel', date: new Date().toISOString() };
  }
}
