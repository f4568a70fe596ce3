/**
 * One life of a kernel: its process, its sockets and its heartbeat, from launch to end. A restart begins another
 * life with sockets of its own, so that nothing sent to the former process reaches the new one.
 */
import { rm } from 'node:fs/promises';
import {
  interruptRequest,
  messageParts,
  shutdownRequest,
  type Channel,
  type MessageParts,
} from '@cokernel/proto/jupyter';
import { writeConnectionFile } from './connection-file.js';
import { KernelWire, type KernelWireOptions } from './kernel-wire.js';
import type { Life, StartOutcome } from './life.js';
import { roomForOutput } from './room-for-output.js';
import type { RunningProcess } from './running-process.js';
import { endsWithin } from '../within.js';

export interface KernelLifeOptions extends KernelWireOptions {
  readonly process: RunningProcess;
  readonly connectionPath: string;
  /** Of a process that was taken over: its connection file is there, and it has been reading it. */
  readonly runsAlready: boolean;
  readonly specName: string;
  readonly isIpykernel: boolean;
  readonly interruptMode: 'signal' | 'message';
  /** J9: 60 s is for the slowest kernels on a busy machine; null for one that was ready before, and may compute. */
  readonly readyTimeoutMs: number | null;
}

/** J10: how long a kernel is given after the request, and again after SIGTERM. */
const SHUTDOWN_STEP_MS = 2_500;

export class KernelLife implements Life {
  readonly #process: RunningProcess;
  readonly #wire: KernelWire;
  #started: Promise<StartOutcome> | null = null;

  constructor(private readonly options: KernelLifeOptions) {
    this.#process = options.process;
    this.#wire = new KernelWire(options);
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
    this.#wire.open();
  }

  /** Resolves when the kernel takes requests, or when it is certain that it won't. The same answer each time. */
  started(): Promise<StartOutcome> {
    this.#started ??= this.#start();
    return this.#started;
  }

  send(channel: Channel, parts: MessageParts): Promise<void> {
    return this.#wire.send(channel, parts);
  }

  overtaken(): void {
    this.#wire.overtaken();
  }

  /** J11; resolves when the signal was sent or the kernel has answered. */
  async interrupt(): Promise<void> {
    if (this.options.interruptMode === 'signal') {
      this.#process.signal('SIGINT');
      return;
    }
    await this.#wire.interrupt(this.ended);
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
    await this.#wire.close();
    await rm(this.options.connectionPath, { force: true });
  }

  async #start(): Promise<StartOutcome> {
    const { readyTimeoutMs } = this.options;
    this.#makeRoomForOutput();
    this.#wire.askWhetherReady();
    const ended = this.ended.then((reason) => `it ended with ${reason} before it was ready`);
    const first = Promise.race([this.#wire.ready, ended]);
    if (readyTimeoutMs !== null && !(await endsWithin(first, readyTimeoutMs))) {
      this.#process.signal('SIGKILL');
      return this.#failed(`it was not ready within ${readyTimeoutMs / 1000} s`);
    }
    const result = await first;
    if (typeof result === 'string') return this.#failed(result);
    if (!this.#process.hasEnded) this.#wire.startHeartbeat();
    return { outcome: 'ready', kernelInfo: result };
  }

  /** Before whatever else it is asked; also one that was taken over, for the room is that of a connection. */
  #makeRoomForOutput(): void {
    const { isIpykernel, log } = this.options;
    if (!isIpykernel) return;
    this.send('shell', messageParts(roomForOutput(this.#wire.sender()))).catch((error: unknown) => {
      log('warn', 'a kernel could not be asked for room for its output', { reason: String(error) });
    });
  }

  async #failed(reason: string): Promise<StartOutcome> {
    this.#wire.giveUp();
    await this.ended;
    return { outcome: 'failed', reason, stderr: await this.#process.stderrTail() };
  }

  stderrTail(): Promise<string> {
    return this.#process.stderrTail();
  }

  async #askToEnd(): Promise<void> {
    if (this.#process.hasEnded) return;
    try {
      if (this.options.interruptMode === 'signal') this.#process.signal('SIGINT');
      else await this.#wire.tell(interruptRequest(this.#wire.sender()));
      await this.#wire.tell(shutdownRequest(this.#wire.sender()));
    } catch (error) {
      this.options.log('warn', 'a kernel could not be asked to end', { reason: String(error) });
    }
  }
}
