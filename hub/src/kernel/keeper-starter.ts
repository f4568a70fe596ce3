/**
 * Reaches the keeper of a data folder, and starts it when there is none, or waits for who else starts it. Several hubs may
 * do so at once: the keepers settle among themselves which of them stays, and all hubs connect to that one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { KeeperConnection } from './keeper-connection.js';
import { keeperPaths, type KeeperPaths } from './keeper-paths.js';
import { KernelHostError } from './kernel-host.js';
import type { Log } from './log.js';

export interface KeeperStart {
  readonly dataDir: string;
  /** The program and its first arguments; what stands below is appended. Null: somebody else starts the keeper. */
  readonly keeperCommand: readonly string[] | null;
  readonly idleExitMs: number;
  /** A keeper that no hub has called for in so long ends its kernels and leaves. */
  readonly leaveAfterMs: number;
  /** What each kernel may say while no hub listens; on the disk. */
  readonly maxJournalBytes: number;
  /** What is kept of it for a hub that listens and is behind; on the disk. */
  readonly maxUnreadJournalBytes: number;
  /** Loading the keeper takes some tenths of a second, on a busy machine some seconds; a container about as long. */
  readonly startTimeoutMs: number;
  readonly log: Log;
}

const LOOK_AGAIN_MS = 20;
const MOST_STARTS = 5;

/**
 * Rejects with `unreachable`, naming the log to look into, or with `versionMismatch`. `leaving`: nobody waits for it any more.
 * A keeper that has the socket and says nothing (it is stopped) counts as out of reach when the time is over.
 */
export async function reachKeeper(options: KeeperStart, leaving?: AbortSignal): Promise<KeeperConnection> {
  const over = new AbortController();
  const end = (): void => over.abort();
  const late = setTimeout(end, options.startTimeoutMs);
  leaving?.addEventListener('abort', end);
  try {
    return await reachUntil(over.signal, options);
  } finally {
    clearTimeout(late);
    leaving?.removeEventListener('abort', end);
  }
}

async function reachUntil(over: AbortSignal, options: KeeperStart): Promise<KeeperConnection> {
  const paths = await keeperPaths(options.dataDir);
  let started: ChildProcess | null = null;
  let starts = 0;
  for (;;) {
    const connection = await tryOpen(paths, options.log, over);
    if (connection !== null) return connection;
    if (over.aborted) throw tooLate(options, paths);
    // One that has left may have found another that was just leaving: then start one more. Many that leave are a fault.
    if (options.keeperCommand !== null && (started === null || started.exitCode !== null)) {
      if (starts === MOST_STARTS) throw outOfReach(paths, 'it ends as soon as it is started');
      starts += 1;
      started = await spawnKeeper(options.keeperCommand, options, paths);
    }
    await delay(LOOK_AGAIN_MS);
  }
}

async function tryOpen(paths: KeeperPaths, log: Log, over: AbortSignal): Promise<KeeperConnection | null> {
  try {
    return await KeeperConnection.open(paths.socketPath, log, over);
  } catch (error) {
    if (error instanceof KernelHostError && error.code === 'unreachable') return null;
    throw error;
  }
}

/** In a session of its own, so that neither the hub's end nor a terminal's Ctrl-C reaches it. */
async function spawnKeeper(
  [program = '', ...first]: readonly string[],
  options: KeeperStart,
  paths: KeeperPaths,
): Promise<ChildProcess> {
  const args = [...first, '--data-dir', paths.dataDir, ...limitsOf(options)];
  const log = await open(paths.logPath, 'a', 0o600);
  try {
    const child = spawn(program, args, { cwd: paths.dataDir, detached: true, stdio: ['ignore', log.fd, log.fd] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(outOfReach(paths, error.message));
      });
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

function limitsOf(start: KeeperStart): readonly string[] {
  const limits = {
    'idle-exit-ms': start.idleExitMs,
    'leave-after-ms': start.leaveAfterMs,
    'max-journal-bytes': start.maxJournalBytes,
    'max-unread-journal-bytes': start.maxUnreadJournalBytes,
  };
  return Object.entries(limits).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function tooLate({ keeperCommand }: KeeperStart, paths: KeeperPaths): KernelHostError {
  if (keeperCommand !== null) return outOfReach(paths, 'it did not answer in time');
  const where = `${paths.socketPath}: start it on this data folder, or let the hub do so (COKERNEL_KEEPER=own)`;
  return new KernelHostError('unreachable', `the keeper, which is started apart from the hub, is not at ${where}`);
}

function outOfReach(paths: KeeperPaths, reason: string): KernelHostError {
  return new KernelHostError('unreachable', `the keeper can't be reached: ${reason}; see ${paths.logPath}`);
}
