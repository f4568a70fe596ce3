/**
 * The WebSocket to one remote kernel, in the v1 protocol where the engine has it, else in the default one. A broken
 * connection is opened again, with growing pauses, under the same session id, so that an engine that kept messages for us
 * hands them over; it ends when the engine says that the kernel is gone, or after too long. A bad frame is counted and
 * skipped.
 */
import {
  decodeDefault,
  decodeV1,
  encodeDefault,
  encodeV1,
  KERNEL_WEBSOCKET_V1,
  type KernelMessage,
} from '@cokernel/proto/jupyter';
import { WebSocket, type RawData } from 'ws';
import { GatewayHeartbeat } from './gateway-heartbeat.js';
import type { GatewayRest } from './gateway-rest.js';
import { KernelHostError } from './kernel-host.js';
import { errorCode } from './error-code.js';
import type { Log } from './log.js';

export interface GatewayLinkTimes {
  readonly pingEveryMs: number;
  readonly deadAfterMs: number;
  /** How soon a kernel that somebody ended at the engine is missed: an engine may leave its WebSocket open (10,000). */
  readonly lookEveryMs: number;
  /** The pauses between attempts; the last one is for all further ones. */
  readonly retryAfterMs: readonly [number, ...number[]];
  /** How long a break may pass unnoticed: after it people are told, and the hub goes on trying (10,000). */
  readonly giveUpAfterMs: number;
  /** An engine answers only when the kernel's process is there (60,000). */
  readonly handshakeTimeoutMs: number;
}

export type GatewayLinkEnd =
  /** The engine knows no such kernel. */
  { readonly end: 'kernelGone' } | { readonly end: 'gaveUp'; readonly reason: string };

export interface GatewayLinkOptions {
  readonly rest: GatewayRest;
  readonly remoteId: string;
  readonly sessionId: string;
  readonly times: GatewayLinkTimes;
  readonly now: () => number;
  readonly log: Log;
  /** `brokenBy`: why the connection before this one ended; null the first time. */
  readonly onOpen: (brokenBy: string | null) => void;
  readonly onBroken: () => void;
  readonly onMessage: (message: KernelMessage) => void;
  readonly onBeat: (beating: boolean, sinceMs: number) => void;
  readonly onEnd: (end: GatewayLinkEnd) => void;
}

interface Queued {
  /** Messages go out in the order in which they were made. */
  readonly order: number;
  readonly message: KernelMessage;
  readonly sent: () => void;
  readonly failed: (error: KernelHostError) => void;
}

/** More than a kernel sends in one message, less than what would end the hub. */
const MAX_FRAME_BYTES = 512 * 1024 * 1024;
const LASTING_MS = 5_000;

export class GatewayLink {
  readonly #heartbeat: GatewayHeartbeat;
  #queue: Queued[] = [];
  #made = 0;
  #socket: WebSocket | null = null;
  #retry: NodeJS.Timeout | null = null;
  #look: NodeJS.Timeout | null = null;
  #offersV1 = true;
  #ended = false;
  #brokenBy: string | null = null;
  #brokenAt = 0;
  #openedAt = 0;
  #attempts = 0;
  #badFrames = 0;

  constructor(private readonly options: GatewayLinkOptions) {
    const { times, now, onBeat } = options;
    this.#heartbeat = new GatewayHeartbeat({
      ...times,
      now,
      ping: () => this.#socket?.ping(),
      onChange: onBeat,
      onDead: () => this.#socket?.terminate(),
    });
  }

  start(): void {
    this.#brokenAt = this.options.now();
    this.#try();
  }

  /** Leaves the kernel as it is; tells nobody. Can be called twice. */
  stop(): void {
    this.#ended = true;
    this.#heartbeat.stop();
    this.#lookNoMore();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.close();
    const unsent = this.#queue.splice(0);
    for (const { failed } of unsent) failed(new KernelHostError('unreachable', 'this hub left the kernel'));
  }

  /** Resolves when the message is on its way; one that finds the connection broken waits for the next. */
  send(message: KernelMessage): Promise<void> {
    return new Promise((sent, failed) => {
      if (this.#ended) return failed(new KernelHostError('unreachable', 'the remote kernel is out of reach'));
      this.#made += 1;
      this.#queue.push({ order: this.#made, message, sent, failed });
      this.#flush();
    });
  }

  #flush(): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    for (const queued of this.#queue.splice(0)) {
      const { message, sent } = queued;
      const frame = socket.protocol === KERNEL_WEBSOCKET_V1 ? encodeV1(message) : encodeDefault(message);
      socket.send(frame, (error) => {
        if (error) this.#notSent(queued, error);
        else sent();
      });
    }
  }

  /** What the system did not take from us (EPIPE) has not left this machine, and waits for the next connection. */
  #notSent(queued: Queued, error: Error): void {
    if (errorCode(error) === 'EPIPE' && !this.#ended) {
      this.#queue = [...this.#queue, queued].sort((one, other) => one.order - other.order);
    } else {
      queued.failed(new KernelHostError('unreachable', `the connection broke: ${error.message}`));
    }
  }

  #try(): void {
    this.#attempts += 1;
    this.#open().catch((error: unknown) => {
      this.#tryLater(error instanceof KernelHostError ? error.message : String(error));
    });
  }

  /** The engine is asked first: it tells a kernel that is gone from one that is out of reach. */
  async #open(): Promise<void> {
    const there = await this.options.rest.kernel(this.options.remoteId);
    if (this.#ended) return;
    if (there === null) this.#end({ end: 'kernelGone' });
    else this.#connect();
  }

  #connect(): void {
    const { rest, times } = this.options;
    const offersV1 = this.#offersV1;
    const socket = new WebSocket(this.#url(), offersV1 ? [KERNEL_WEBSOCKET_V1] : [], {
      headers: { ...rest.headers },
      handshakeTimeout: times.handshakeTimeoutMs,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    // An engine may let the handshake wait for a kernel that it has given up meanwhile.
    this.#look = setInterval(() => this.#lookForKernel(), times.lookEveryMs);
    let isOpen = false;
    let reason = 'the remote engine closed the connection';
    socket.on('upgrade', ({ headers }) => {
      this.#offersV1 &&= headers['sec-websocket-protocol'] !== undefined;
    });
    socket.on('open', () => {
      isOpen = true;
      this.#opened();
    });
    socket.on('pong', () => this.#heartbeat.heard());
    socket.on('message', (data, isBinary) => this.#read(data, isBinary));
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      if (this.#ended) return;
      this.#lookNoMore();
      if (isOpen) this.#broke(reason);
      // The engine has no v1, and is asked again at once without.
      else if (offersV1 && !this.#offersV1) this.#connect();
      else this.#tryLater(reason);
    });
  }

  #url(): URL {
    const { rest, remoteId, sessionId } = this.options;
    const url = rest.urlOf(`api/kernels/${encodeURIComponent(remoteId)}/channels`);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('session_id', sessionId);
    return url;
  }

  #opened(): void {
    // Stopped while the handshake was under way.
    if (this.#ended) return this.#socket?.close();
    const brokenBy = this.#brokenBy;
    this.#openedAt = this.options.now();
    this.#heartbeat.start();
    this.options.onOpen(brokenBy);
    this.#flush();
  }

  #broke(reason: string): void {
    this.#brokenBy = reason;
    this.#brokenAt = this.options.now();
    // One that breaks as soon as it is open is no better than one that does not open.
    if (this.#brokenAt - this.#openedAt > LASTING_MS) this.#attempts = 0;
    this.#heartbeat.broken();
    this.options.log('warn', 'the connection to a remote kernel broke', { kernel: this.options.remoteId, reason });
    this.options.onBroken();
    this.#tryLater(reason);
  }

  #tryLater(reason: string): void {
    if (this.#ended) return;
    const { giveUpAfterMs, retryAfterMs } = this.options.times;
    if (this.options.now() - this.#brokenAt >= giveUpAfterMs) return this.#end({ end: 'gaveUp', reason });
    const pause = retryAfterMs[Math.min(this.#attempts, retryAfterMs.length - 1)] ?? retryAfterMs[0];
    this.#retry = setTimeout(() => this.#try(), pause);
  }

  #lookForKernel(): void {
    const { rest, remoteId, log } = this.options;
    rest.kernel(remoteId).then(
      (there) => {
        if (there === null && !this.#ended) this.#end({ end: 'kernelGone' });
      },
      (error: unknown) =>
        log('info', 'a remote kernel was not looked for', { kernel: remoteId, reason: String(error) }),
    );
  }

  #lookNoMore(): void {
    if (this.#look !== null) clearInterval(this.#look);
    this.#look = null;
  }

  #end(end: GatewayLinkEnd): void {
    this.stop();
    this.options.onEnd(end);
  }

  #read(data: RawData, isBinary: boolean): void {
    if (this.#ended) return;
    this.#heartbeat.heard();
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    const isV1 = this.#socket?.protocol === KERNEL_WEBSOCKET_V1;
    const decoded = isV1 && isBinary ? decodeV1(bytes) : decodeDefault(isBinary ? bytes : bytes.toString());
    if (decoded.ok) return this.options.onMessage(decoded.message);
    this.#badFrames += 1;
    const fields = { kernel: this.options.remoteId, reason: decoded.reason, soFar: this.#badFrames };
    this.options.log('warn', 'the remote engine sent what is no message', fields);
  }
}
