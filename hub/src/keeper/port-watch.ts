/**
 * Finds out when a kernel that is no child of ours is gone. ZeroMQ connects again in silence for ever; a plain
 * connection is refused at once where nobody listens. A kernel that computes, was stopped, or is out of the network's
 * reach refuses nothing, so that silence alone never counts as its end (J8).
 */
import { connect } from 'node:net';
import { errorCode } from '../kernel/error-code.js';
import { socketPathOf, type Connection } from './connection-file.js';

export interface PortWatchOptions {
  readonly connection: Connection;
  /** How often is tried while it is watched. */
  readonly everyMs: number;
}

export class PortWatch {
  /** Resolves when a watched kernel was found gone. */
  readonly gone: Promise<void>;
  #tellGone: () => void = () => undefined;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: PortWatchOptions) {
    this.gone = new Promise((resolve) => (this.#tellGone = resolve));
  }

  /** While there is cause for doubt. Can be called twice. */
  start(): void {
    this.#timer ??= setTimeout(() => this.#look(), 0);
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One try. */
  isRefused(): Promise<boolean> {
    return new Promise((resolve) => this.#try(resolve));
  }

  #try(tell: (isRefused: boolean) => void): void {
    const { transport, ip: host, shellPort: port } = this.options.connection;
    const socket = transport === 'ipc' ? connect(socketPathOf(host, port)) : connect({ host, port });
    const end = (isRefused: boolean) => {
      socket.destroy();
      tell(isRefused);
    };
    socket.setTimeout(this.options.everyMs, () => end(false));
    socket.once('connect', () => end(false));
    socket.once('error', (error) => end(['ECONNREFUSED', 'ENOENT'].includes(String(errorCode(error)))));
  }

  #look(): void {
    this.#try((isRefused) => {
      if (this.#timer === null) return;
      if (isRefused) this.#tellGone();
      else this.#timer = setTimeout(() => this.#look(), this.options.everyMs);
    });
  }
}
