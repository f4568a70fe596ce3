/**
 * One life of a kernel: its process, its sockets and its heartbeat, from launch to end. A restart begins another
 * life with sockets of its own, so that nothing sent to the former process reaches the new one.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import {
  interruptRequest,
  messageParts,
  shutdownRequest,
  type Channel,
  type KernelMessage,
  type MessageParts,
} from '@cokernel/proto/jupyter';
import type { Log } from '../kernel/log.js';
import { writeConnectionFile, type Connection } from './connection-file.js';
import { ControlCalls } from './control-calls.js';
import type { Counts } from './counts.js';
import { Heartbeat } from './heartbeat.js';
import { KernelSockets } from './kernel-sockets.js';
import type { Life, StartOutcome } from './life.js';
import { Readiness } from './readiness.js';
import type { RunningProcess } from './running-process.js';
import { endsWithin } from './within.js';

export interface KernelLifeOptions {
  readonly process: RunningProcess;
  readonly connection: Connection;
  readonly routingId: string;
  readonly dropped: Counts;
  readonly connectionPath: string;
  /** Of a process that was taken over: its connection file is there, and it has been reading it. */
  readonly runsAlready: boolean;
  readonly specName: string;
  readonly interruptMode: 'signal' | 'message';
  /** J9: 60 s is for the slowest kernels on a busy machine; null for one that was ready before, and may compute. */
  readonly readyTimeoutMs: number | null;
  readonly heartbeatMs: number;
  readonly onMessage: (message: KernelMessage, parts: MessageParts) => void;
  readonly onHeartbeat: (beating: boolean, sinceMs: number) => void;
  readonly log: Log;
}

/** J10: how long a kernel is given after the request, and again after SIGTERM. */
const SHUTDOWN_STEP_MS = 2_500;
/** A kernel that does not answer interrupt_request for so long will not. */
const INTERRUPT_TIMEOUT_MS = 10_000;
const ASK_AGAIN_MS = 100;

export class KernelLife implements Life {
  readonly #process: RunningProcess;
  readonly #sockets: KernelSockets;
  readonly #heartbeat: Heartbeat;
  readonly #readiness: Readiness;
  readonly #session = randomUUID();
  readonly #calls: ControlCalls;
  #started: Promise<StartOutcome> | null = null;

  constructor(private readonly options: KernelLifeOptions) {
    const { connection, routingId, dropped, log, heartbeatMs, onHeartbeat } = options;
    this.#process = options.process;
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
      send: (request) => this.send(request.channel, messageParts(request)),
      session: this.#session,
      askAgainMs: ASK_AGAIN_MS,
    });
    this.#calls = new ControlCalls((channel, parts) => this.send(channel, parts));
  }

  /** Why the process ended, once it has. Never rejects. */
  get ended(): Promise<string> {
    return this.#process.ended;
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  /** Rejects at once when the process can't be started, with a reason for a person. */
  async launch(): Promise<void> {
    const { connectionPath, connection, specName, runsAlready } = this.options;
    if (!runsAlready) await writeConnectionFile(connectionPath, connection, specName);
    await this.#process.start();
    this.#sockets.open();
  }

  /** Resolves when the kernel takes requests, or when it is certain that it won't. The same answer each time. */
  started(): Promise<StartOutcome> {
    this.#started ??= this.#start();
    return this.#started;
  }

  send(channel: Channel, parts: MessageParts): Promise<void> {
    return this.#sockets.send(channel, parts);
  }

  overtaken(): void {
    this.#readiness.overtaken();
  }

  /** J11; resolves when the signal was sent or the kernel has answered. */
  async interrupt(): Promise<void> {
    if (this.options.interruptMode === 'signal') {
      this.#process.signal('SIGINT');
      return;
    }
    await this.#calls.call(interruptRequest(this.#sender()), this.ended, INTERRUPT_TIMEOUT_MS);
  }

  /** J10; resolves when the process is gone and its last messages were handed over. */
  async shutdown(): Promise<string> {
    await this.#askToEnd();
    if (!(await endsWithin(this.ended, SHUTDOWN_STEP_MS))) {
      this.#process.signal('SIGTERM');
      if (!(await endsWithin(this.ended, SHUTDOWN_STEP_MS))) this.#process.signal('SIGKILL');
    }
    await this.ended;
    await this.close();
    return 'it was shut down';
  }

  /** After the end: hands over what is still under way, then closes the sockets. Can be called twice. */
  async close(): Promise<void> {
    this.#readiness.stop();
    await this.#heartbeat.stop();
    await this.#sockets.drain();
    await this.#sockets.close();
    await rm(this.options.connectionPath, { force: true });
  }

  async #start(): Promise<StartOutcome> {
    const { readyTimeoutMs } = this.options;
    this.#readiness.start();
    const ended = this.ended.then((reason) => `it ended with ${reason} before it was ready`);
    const first = Promise.race([this.#readiness.reached, ended]);
    if (readyTimeoutMs !== null && !(await endsWithin(first, readyTimeoutMs))) {
      this.#process.signal('SIGKILL');
      return this.#failed(`it was not ready within ${readyTimeoutMs / 1000} s`);
    }
    const result = await first;
    if (typeof result === 'string') return this.#failed(result);
    if (!this.#process.hasEnded) this.#heartbeat.start();
    return { outcome: 'ready', kernelInfo: result };
  }

  async #failed(reason: string): Promise<StartOutcome> {
    this.#readiness.stop();
    await this.ended;
    return { outcome: 'failed', reason, stderr: await this.#process.stderrTail() };
  }

  stderrTail(): Promise<string> {
    return this.#process.stderrTail();
  }

  async #askToEnd(): Promise<void> {
    if (this.#process.hasEnded) return;
    const request = shutdownRequest(this.#sender());
    try {
      if (this.options.interruptMode === 'signal') this.#process.signal('SIGINT');
      else await this.send('control', messageParts(interruptRequest(this.#sender())));
      await this.send('control', messageParts(request));
    } catch (error) {
      this.options.log('warn', 'a kernel could not be asked to end', { reason: String(error) });
    }
  }

  #observe(message: KernelMessage, parts: MessageParts): void {
    this.options.onMessage(message, parts);
    this.#readiness.observe(message);
    this.#calls.observe(message);
  }

  #sender() {
    return { msgId: randomUUID(), session: this.#session, username: 'cokernel', date: new Date().toISOString() };
  }
}
