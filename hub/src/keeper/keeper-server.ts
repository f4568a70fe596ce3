/**
 * The keeper as a whole: one a data folder, reached over an owner-only socket. It goes on with the kernels that a former
 * keeper left, and leaves by itself when it has had neither a kernel nor a hub for a while, when no hub has called for
 * very long, or when its data folder is gone. It ends its kernels cleanly before it leaves.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { KeeperPaths } from '../kernel/keeper-paths.js';
import type { Log } from '../kernel/log.js';
import type { Counts } from './counts.js';
import { FolderWatch } from './folder-watch.js';
import { HubConnection } from './hub-connection.js';
import { listenAlone, withdraw } from './single-instance.js';
import type { Supervisor } from './supervisor.js';
import { endsWithin } from '../within.js';

export interface KeeperServerOptions {
  readonly paths: KeeperPaths;
  readonly supervisor: Supervisor;
  /**
   * Without kernels, after the last hub: long enough for a hub that restarts, short enough to leave nothing behind. Null:
   * it stays, as one that no hub starts must.
   */
  readonly idleExitMs: number | null;
  /** With kernels, after the last hub: longer than any weekend's run that somebody comes back for. */
  readonly leaveAfterMs: number;
  readonly lookAtFolderEveryMs: number;
  /** Counts the frames of hubs that were not followed. */
  readonly droppedFrames: Counts;
  readonly log: Log;
}

export type StopReason = 'idle' | 'told' | 'noHubCame' | 'dataFolderGone';

/** A hub that does not read must not keep the keeper. */
const HANG_UP_MS = 1_000;

/** A longer time would be taken for none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class KeeperServer {
  /** Resolves when the keeper has stopped and its kernels are gone. */
  readonly stopped: Promise<StopReason>;
  readonly #server: Server;
  readonly #folder: FolderWatch;
  readonly #sockets = new Set<Socket>();
  #idleTimer: NodeJS.Timeout | null = null;
  #leaveTimer: NodeJS.Timeout | null = null;
  #starting: Promise<boolean> | null = null;
  #stopping: Promise<void> | null = null;
  #tellStopped: (reason: StopReason) => void = () => undefined;

  constructor(private readonly options: KeeperServerOptions) {
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
    this.#folder = new FolderWatch({
      path: options.paths.dataDir,
      everyMs: options.lookAtFolderEveryMs,
      onGone: () => this.#stopFor('dataFolderGone'),
    });
    this.stopped = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
  }

  /** False when another keeper serves this data folder; nothing was changed then. */
  start(): Promise<boolean> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<boolean> {
    const { paths, supervisor, log } = this.options;
    const alone = await listenAlone(this.#server, paths, () => {
      supervisor.takeOver();
      // Before a hub finds it: whoever reads the log then knows every keeper that there was.
      log('info', 'the keeper has started', { socket: paths.socketPath });
    });
    if (!alone) {
      this.#server.close();
      return false;
    }
    this.#folder.start();
    this.#waitForHubs();
    return true;
  }

  /** Ends the kernels (J10) and the connections; until then no other keeper comes. Can be called twice. */
  stop(reason: StopReason): Promise<void> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  /** One that is told in the middle of its start has kernels already, which it took over. */
  async #stop(reason: StopReason): Promise<void> {
    if ((await this.#starting) === false) return;
    this.#stopWaiting();
    this.#folder.stop();
    await withdraw(this.options.paths);
    await this.options.supervisor.shutdownAll();
    this.#server.close();
    await Promise.all([...this.#sockets].map(hungUp));
    this.#tellStopped(reason);
  }

  #accept(socket: Socket): void {
    if (this.#stopping !== null) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    this.#stopWaiting();
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#waitForHubs();
    });
    const { supervisor, droppedFrames, log } = this.options;
    new HubConnection(socket, supervisor, droppedFrames, log).start();
  }

  #waitForHubs(): void {
    if (this.#stopping !== null || this.#sockets.size > 0) return;
    this.#stopWaiting();
    if (this.options.idleExitMs !== null) this.#watchIdle(this.options.idleExitMs);
    const leaveAfterMs = Math.min(this.options.leaveAfterMs, MAX_TIMER_MS);
    this.#leaveTimer = setTimeout(() => this.#stopFor('noHubCame'), leaveAfterMs);
  }

  /** Looks again after each while, since a kernel may have died with no hub to see it. */
  #watchIdle(idleExitMs: number): void {
    this.#idleTimer = setTimeout(() => {
      if (this.options.supervisor.hasLiveKernels) this.#watchIdle(idleExitMs);
      else this.#stopFor('idle');
    }, idleExitMs);
  }

  #stopWaiting(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    if (this.#leaveTimer !== null) clearTimeout(this.#leaveTimer);
  }

  #stopFor(reason: StopReason): void {
    this.stop(reason).catch((error: unknown) => {
      this.options.log('error', 'the keeper could not stop', { reason: String(error) });
    });
  }
}

/** Resolves when the hub has all that was written to it, the ends of its kernels among it, or does not read. */
async function hungUp(socket: Socket): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.end();
  await endsWithin(closed, HANG_UP_MS);
  socket.destroy();
}
