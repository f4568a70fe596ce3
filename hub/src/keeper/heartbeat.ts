/**
 * The heartbeat (J8): a REQ socket sends a ping every `timeToDeadMs` and waits as long for its echo. On a miss it
 * closes and reopens the socket, since a REQ socket that waits for a reply can't send again, and goes on. A missed
 * beat is not death: a kernel that computes in C may hold the lock for minutes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Request } from 'zeromq';
import { endpointOf, type Transport } from './connection-file.js';

export interface HeartbeatOptions {
  readonly transport: Transport;
  readonly ip: string;
  readonly port: number;
  /** How long a kernel may be silent before people are told; the protocol's 1 s suits a kernel on this machine. */
  readonly timeToDeadMs: number;
  /** Called when beats stop, with the time since the last one, and once more when they are back. */
  readonly onChange: (beating: boolean, sinceMs: number) => void;
  readonly now: () => number;
}

export class Heartbeat {
  #socket: Request | null = null;
  #stopped: AbortController | null = null;
  #done: Promise<void> = Promise.resolve();
  #paused = false;
  #lastBeatAt = 0;
  #lastAnswered = false;
  #silenceTold = false;

  constructor(private readonly options: HeartbeatOptions) {}

  /** Throws on port 0, on which nobody can be reached. */
  start(): void {
    if (this.options.port === 0) throw new Error('a heartbeat needs a port, and 0 is none');
    if (this.#stopped !== null) throw new Error('this heartbeat was started before');
    this.#stopped = new AbortController();
    this.#lastBeatAt = this.options.now();
    this.#done = this.#run(this.#stopped.signal);
  }

  pause(): void {
    this.#paused = true;
  }

  unpause(): void {
    this.#paused = false;
  }

  get isBeating(): boolean {
    return this.#stopped?.signal.aborted === false && !this.#paused && this.#lastAnswered;
  }

  /** Ends at once, also in the middle of a beat. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopped?.abort();
    this.#closeSocket();
    await this.#done;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#paused) await this.#beat(signal);
      await pause(this.options.timeToDeadMs, signal);
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    try {
      const socket = this.#openSocket();
      await socket.send('ping');
      await socket.receive();
      this.#answered();
    } catch {
      // A time-out, or the socket was closed by `stop`: both mean no echo.
      this.#closeSocket();
      if (!signal.aborted) this.#missed();
    }
  }

  #openSocket(): Request {
    if (this.#socket !== null) return this.#socket;
    const { port, timeToDeadMs } = this.options;
    this.#socket = new Request({ linger: 0, receiveTimeout: timeToDeadMs, sendTimeout: timeToDeadMs });
    this.#socket.connect(endpointOf(this.options, port));
    return this.#socket;
  }

  #closeSocket(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  #answered(): void {
    const now = this.options.now();
    if (this.#silenceTold) this.options.onChange(true, now - this.#lastBeatAt);
    this.#silenceTold = false;
    this.#lastAnswered = true;
    this.#lastBeatAt = now;
  }

  #missed(): void {
    this.#lastAnswered = false;
    if (this.#silenceTold || this.#paused) return;
    this.#silenceTold = true;
    this.options.onChange(false, this.options.now() - this.#lastBeatAt);
  }
}

/** Ends early, and quietly, when the signal comes. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
