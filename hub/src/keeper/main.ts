/**
 * The keeper's own process. `keeper --data-dir DIR [--idle-exit-ms N|never] [--leave-after-ms N] [--max-journal-bytes N]
 * [--max-unread-journal-bytes N]`: a hub starts it, detached, and it outlives that hub; or a container of its own does, where
 * it stays (`never`). It says what happens as JSON lines on stderr, which the hub has led into a file. SIGTERM and SIGINT end
 * its kernels cleanly and then itself.
 */
import { parseArgs } from 'node:util';
import { keeperPaths } from '../kernel/keeper-paths.js';
import type { Log } from '../kernel/log.js';
import { Counts } from './counts.js';
import { KeeperServer } from './keeper-server.js';
import { OutputFiles } from './output-files.js';
import { processScan } from './process-scan.js';
import { ProcessUsage } from './process-usage.js';
import { Supervisor } from './supervisor.js';

const DEFAULT_IDLE_EXIT_MS = 5_000;
const DEFAULT_LEAVE_AFTER_MS = 12 * 60 * 60 * 1000;
const DEFAULT_MAX_JOURNAL_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_UNREAD_JOURNAL_BYTES = 1024 * 1024 * 1024;
const USAGE_EVERY_MS = 5_000;

const log: Log = (level, message, fields) => {
  const line = { time: new Date().toISOString(), level, pid: process.pid, message, ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
};

async function main(): Promise<void> {
  const { dataDir, idleExitMs, leaveAfterMs, maxJournalBytes, maxUnreadJournalBytes } = readArguments();
  const paths = await keeperPaths(dataDir);
  const supervisor = new Supervisor({
    dataDir: paths.dataDir,
    maxJournalBytes,
    maxUnreadJournalBytes,
    maxMemoryBytes: 4 * 1024 * 1024,
    lookEveryMs: 250,
    readyTimeoutMs: 60_000,
    heardTimeoutMs: 10_000,
    heartbeatMs: 1_000,
    usageEveryMs: USAGE_EVERY_MS,
    restartsInARow: 5,
    stableAfterMs: 10_000,
    env: process.env,
    log,
  });
  const server = new KeeperServer({
    paths,
    supervisor,
    idleExitMs,
    leaveAfterMs,
    lookAtFolderEveryMs: 3_000,
    droppedFrames: new Counts(),
    log,
  });
  process.once('SIGTERM', () => void server.stop('told').catch(fail));
  process.once('SIGINT', () => void server.stop('told').catch(fail));
  if (!(await server.start())) {
    log('info', 'another keeper serves this data folder');
    return;
  }
  outputFiles(supervisor, paths.logPath).start();
  processUsage(supervisor).start();
  log('info', 'the keeper leaves', { reason: await server.stopped });
}

/** The keeper's own log too: a hub has led its stderr there. */
function outputFiles(supervisor: Supervisor, logPath: string): OutputFiles {
  return new OutputFiles({
    paths: () => [...supervisor.outputPaths, logPath],
    maxBytes: 4 * 1024 * 1024,
    keepBytes: 1024 * 1024,
    everyMs: 2_000,
    log,
  });
}

function processUsage(supervisor: Supervisor): ProcessUsage {
  return new ProcessUsage({
    kernels: () => supervisor.measured,
    scan: processScan(),
    everyMs: USAGE_EVERY_MS,
    now: () => performance.now(),
    log,
  });
}

interface Arguments {
  readonly dataDir: string;
  readonly idleExitMs: number | null;
  readonly leaveAfterMs: number;
  readonly maxJournalBytes: number;
  readonly maxUnreadJournalBytes: number;
}

function readArguments(): Arguments {
  const text = { type: 'string' } as const;
  const times = { 'idle-exit-ms': text, 'leave-after-ms': text };
  const bounds = { 'max-journal-bytes': text, 'max-unread-journal-bytes': text };
  const { values } = parseArgs({ options: { 'data-dir': text, ...times, ...bounds } });
  const dataDir = values['data-dir'];
  if (!dataDir) throw new Error('--data-dir DIR is needed');
  return {
    dataDir,
    idleExitMs: idleExit(values['idle-exit-ms']),
    leaveAfterMs: count('--leave-after-ms', values['leave-after-ms'] ?? DEFAULT_LEAVE_AFTER_MS),
    maxJournalBytes: count('--max-journal-bytes', values['max-journal-bytes'] ?? DEFAULT_MAX_JOURNAL_BYTES),
    maxUnreadJournalBytes: count(
      '--max-unread-journal-bytes',
      values['max-unread-journal-bytes'] ?? DEFAULT_MAX_UNREAD_JOURNAL_BYTES,
    ),
  };
}

function idleExit(given: string | undefined): number | null {
  return given === 'never' ? null : count('--idle-exit-ms', given ?? DEFAULT_IDLE_EXIT_MS);
}

function count(option: string, given: string | number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`${option} takes a number, not ${given}`);
}

/** Ends the process too: sockets that are still open must not keep a keeper that failed. */
function fail(error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log('error', 'the keeper failed', { reason });
  process.exit(1);
}

main().then(() => process.exit(), fail);
