/**
 * The keeper as a whole: one a data folder, reached over an owner-only socket. It leaves by itself when it has had
 * neither a kernel nor a hub for a while, and ends its kernels cleanly when it is told to stop.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { KeeperPaths } from '../kernel/keeper-paths.js';
import type { Log } from '../kernel/log.js';
import { HubConnection } from './hub-connection.js';
import { listenAlone } from './single-instance.js';
import type { Supervisor } from './supervisor.js';

export interface KeeperServerOptions {
  readonly paths: KeeperPaths;
  readonly supervisor: Supervisor;
  /** Without kernels, after the last hub: long enough for a hub that restarts, short enough to leave nothing behind. */
  readonly idleExitMs: number;
  readonly log: Log;
}

export type StopReason = 'idle' | 'told';

export class KeeperServer {
  /** Resolves when the keeper has stopped and its kernels are gone. */
  readonly stopped: Promise<StopReason>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #idleTimer: NodeJS.Timeout | null = null;
  #stopping: Promise<void> | null = null;
  #tellStopped: (reason: StopReason) => void = () => undefined;

  constructor(private readonly options: KeeperServerOptions) {
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
    this.stopped = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
  }

  /** False when another keeper serves this data folder; nothing was changed then. */
  async start(): Promise<boolean> {
    const alone = await listenAlone(this.#server, this.options.paths);
    if (alone) this.#watchIdle();
    else this.#server.close();
    return alone;
  }

  /** Ends the kernels (J10) and the connections. Can be called twice. */
  stop(reason: StopReason): Promise<void> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  async #stop(reason: StopReason): Promise<void> {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#server.close();
    await this.options.supervisor.shutdownAll();
    for (const socket of this.#sockets) socket.destroy();
    this.#tellStopped(reason);
  }

  #accept(socket: Socket): void {
    if (this.#stopping !== null) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#watchIdle();
    });
    new HubConnection(socket, this.options.supervisor, this.options.log).start();
  }

  /** Looks again after each while, since a kernel may have died with no hub to see it. */
  #watchIdle(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (this.#stopping !== null || this.#sockets.size > 0) return;
    this.#idleTimer = setTimeout(() => {
      if (this.#sockets.size > 0) return;
      if (this.options.supervisor.hasLiveKernels) this.#watchIdle();
      else this.#stopIdle();
    }, this.options.idleExitMs);
  }

  #stopIdle(): void {
    this.stop('idle').catch((error: unknown) => {
      this.options.log('error', 'the keeper could not stop', { reason: String(error) });
    });
  }
}
