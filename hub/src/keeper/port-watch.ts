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
    this.#timer ??= setTimeout(() => void this.#look(), 0);
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One try. */
  isRefused(): Promise<boolean> {
    const { transport, ip: host, shellPort: port } = this.options.connection;
    const socket = transport === 'ipc' ? connect(socketPathOf(host, port)) : connect({ host, port });
    return new Promise((resolve) => {
      const end = (refused: boolean) => {
        socket.destroy();
        resolve(refused);
      };
      socket.setTimeout(this.options.everyMs, () => {
        end(false);
      });
      socket.once('connect', () => {
        end(false);
      });
      socket.once('error', (error) => {
        end(['ECONNREFUSED', 'ENOENT'].includes(String(errorCode(error))));
      });
    });
  }

  async #look(): Promise<void> {
    const refused = await this.isRefused();
    if (this.#timer === null) return;
    if (refused) this.#tellGone();
    else this.#timer = setTimeout(() => void this.#look(), this.options.everyMs);
  }
}
