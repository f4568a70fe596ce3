/**
 * The LMDB file in which the run queue and the leases lie, opened so that a write that resolved is on the disk. A file
 * that can't be used is put aside and an empty one takes its place, with a notice: nothing that can't be rebuilt
 * lies here alone. Expects to be the only process at the file (folder-lock.ts). The only importer of `lmdb`.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { open, type RootDatabase } from 'lmdb';
import { clearCleanMark, isCleanlyClosed, markCleanlyClosed } from './clean-mark.js';
import { probeLmdb } from './lmdb-probe.js';
import type { NoticeListener } from './notice.js';

const CAUSE_WITHIN_MS = 1_000;

type LmdbKey = (string | number)[];
export type LmdbRoot = RootDatabase<unknown, LmdbKey>;

export interface LmdbDatabase {
  readonly root: LmdbRoot;
  /** Can be called twice. */
  close(): Promise<void>;
}

/** `path` is a file, made when missing. Writes to `root` resolve when they are durable. */
export async function openLmdb(path: string, onNotice: NoticeListener): Promise<LmdbDatabase> {
  // Locks of an earlier process, or those that came along with a copy, say nothing about us.
  await rm(`${path}-lock`, { force: true });
  if (existsSync(path) && !(await isCleanlyClosed(path))) {
    const damage = await probeLmdb(path);
    if (damage !== null) await putAside(path, damage, onNotice);
  }
  await clearCleanMark(path);
  const root = openRoot(path);
  let closing: Promise<void> | null = null;
  return {
    root,
    close: () => {
      closing ??= root.close().then(() => markCleanlyClosed(path));
      return closing;
    },
  };
}

/**
 * Resolves when all these writes of one step are on the disk; rejects with the cause when they are not. None of them
 * rejects unheard, nor does the promise that lmdb hangs on their errors: either would end the hub.
 */
export async function committed(writes: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(writes);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw await causeOf(failed.reason);
}

async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Object) || !('commitError' in error)) return error;
  const cause = Promise.resolve(error.commitError).then(
    () => error,
    (reason: unknown) => reason,
  );
  // It comes in the same turn, and is not worth waiting for when it does not.
  return Promise.race([cause, pause(CAUSE_WITHIN_MS, error)]);
}

function openRoot(path: string): LmdbRoot {
  // Without overlappingSync a write resolves only after its commit was synced to the disk. With eventTurnBatching lmdb makes
  // promises that nobody gets: when a commit fails, as on a full disk, their rejection would end the hub.
  return open<unknown, LmdbKey>({
    path,
    encoding: 'json',
    overlappingSync: false,
    eventTurnBatching: false,
    noSubdir: true,
  });
}

async function putAside(path: string, damage: string, onNotice: NoticeListener): Promise<void> {
  const aside = `${path}.damaged-${randomUUID()}`;
  await rename(path, aside);
  await rm(`${path}-lock`, { force: true });
  onNotice({
    level: 'warning',
    code: 'queueRebuilt',
    message:
      `The store of queued runs could not be read (${damage}) and begins empty: runs that waited must be asked for ` +
      `again. Notebooks are not touched. The old file was kept as ${aside}.`,
  });
}
