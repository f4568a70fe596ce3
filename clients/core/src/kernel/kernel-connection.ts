/**
 * The connection to one kernel's channels that comes back by itself, with the same session, so that the hub hands over what
 * was missed. Guarantees: messages that are sent while it is away wait, in order; it ends once, and says why; a kernel that
 * is gone, a refused token and a session that was opened elsewhere end it, everything else is tried again.
 */
import { closeCodes, type KernelId } from '@cokernel/proto/hub';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { socketUrl } from '../hub-address.js';
import { HubError } from '../hub-error.js';
import { kernelPath } from '../kernel-path.js';
import { pause } from '../pause.js';
import type { Rest } from '../rest.js';
import { KernelModel } from '../rest-models.js';
import { KernelSocket } from './kernel-socket.js';

export interface KernelConnectionOptions {
  readonly kernelId: KernelId;
  readonly session: string;
  readonly rest: Rest;
  readonly webSocket: typeof WebSocket;
  readonly log: (message: string) => void;
}

export interface KernelConnectionListener {
  connected(): void;
  disconnected(reason: string): void;
  /** For good; null: by `stop()`. */
  ended(reason: string | null): void;
  received(message: KernelMessage): void;
}

/** A person waits at most this long after the hub is back. */
const MAX_PAUSE_MS = 2500;

/** Why coming back after this close is pointless (PROTOCOL.md §6). */
const ENDINGS: ReadonlyMap<number, string> = new Map([
  [closeCodes.unauthorized, 'The hub refused the token: open the URL that the hub printed.'],
  [closeCodes.forbidden, 'Your role does not allow this kernel: ask its owner.'],
  [closeCodes.notFound, 'This kernel has ended.'],
  [closeCodes.replaced, 'This session was opened again elsewhere; here it has ended.'],
]);

export class KernelConnection {
  #socket: KernelSocket | null = null;
  #open = false;
  #offersV1 = true;
  #waiting: KernelMessage[] = [];
  /** The newest message that came: what comes after it was missed. */
  #lastId: string | null = null;
  readonly #ending = new AbortController();

  constructor(
    private readonly options: KernelConnectionOptions,
    private readonly listener: KernelConnectionListener,
  ) {}

  /** The first connection: rejects with HubError when there is no such kernel or no way to it. */
  async start(): Promise<void> {
    await this.#ask();
    if ((await this.#connect()) === null) return;
    // Who offers a format and is answered with none must fail the handshake: an older server wants none offered.
    this.#offersV1 = false;
    const refused = await this.#connect();
    if (refused === null) return;
    this.stop();
    throw new HubError('unreachable', `the kernel's channels did not open: ${refused}`, null);
  }

  send(message: KernelMessage): void {
    if (this.#open) this.#socket?.send(message);
    else this.#waiting.push(message);
  }

  /** Can be called twice. */
  stop(): void {
    this.#end(null);
  }

  #end(reason: string | null): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.#open = false;
    this.#waiting = [];
    this.#socket?.stop();
    this.listener.ended(reason);
  }

  /** A socket that is refused says nothing about why (a browser hides it); this does. */
  async #ask(): Promise<void> {
    const path = kernelPath(this.options.kernelId);
    await this.options.rest.json({ method: 'GET', path, signal: this.#ending.signal }, KernelModel);
  }

  /** Resolves when the socket is open, with null, or when it closed before, with the reason. */
  #connect(): Promise<string | null> {
    return new Promise((resolve) => {
      this.#socket = new KernelSocket(
        { url: this.#url(), offersV1: this.#offersV1, webSocket: this.options.webSocket },
        {
          opened: () => {
            this.#opened();
            resolve(null);
          },
          received: (message) => this.#received(message),
          closed: (code, reason) => {
            const why = reason === '' ? `the connection closed (${String(code)})` : reason;
            if (this.#open) this.#closed(code, why);
            resolve(why);
          },
          log: this.options.log,
        },
      );
      this.#socket.start();
    });
  }

  #url(): string {
    const { kernelId, rest, session } = this.options;
    const query = new URLSearchParams({ session_id: session });
    if (rest.address.token !== undefined) query.set('token', rest.address.token);
    // Bytes that were on their way when the connection broke look sent to the hub: only we know what came.
    if (this.#lastId !== null) query.set('last_msg_id', this.#lastId);
    return `${socketUrl(rest.address, kernelPath(kernelId))}/channels?${query.toString()}`;
  }

  #opened(): void {
    this.#open = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) this.#socket?.send(message);
    this.listener.connected();
  }

  #received(message: KernelMessage): void {
    this.#lastId = message.header.msg_id;
    this.listener.received(message);
  }

  #closed(code: number, why: string): void {
    this.#open = false;
    const ending = ENDINGS.get(code);
    if (ending !== undefined) return this.#end(ending);
    this.listener.disconnected(why);
    this.#comeBack().catch((error: unknown) => this.#end(`A fault in the connection: ${String(error)}`));
  }

  async #comeBack(): Promise<void> {
    const { signal } = this.#ending;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      if (await this.#tryOnce()) return;
      await pause(Math.min(100 * 2 ** attempt, MAX_PAUSE_MS), signal);
    }
  }

  /** Whether it is settled: open again, or ended. */
  async #tryOnce(): Promise<boolean> {
    try {
      await this.#ask();
    } catch (error) {
      return this.#asked(error);
    }
    return !this.#ending.signal.aborted && (await this.#connect()) === null;
  }

  #asked(error: unknown): boolean {
    if (this.#ending.signal.aborted) return true;
    const status = error instanceof HubError ? error.status : null;
    if (status === null || status < 400 || status >= 500) return false;
    this.#end(status === 404 ? 'This kernel has ended.' : String(error));
    return true;
  }
}
