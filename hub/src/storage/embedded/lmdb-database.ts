/**
 * The LMDB file in which the run queue and the leases lie, opened so that a write that resolved is on the disk. A file
 * that can't be used is put aside and an empty one takes its place, with a notice: nothing that can't be rebuilt
 * lies here alone. Expects to be the only process at the file (folder-lock.ts). The only importer of `lmdb`.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { open, type RootDatabase } from 'lmdb';
import { clearCleanMark, isCleanlyClosed, markCleanlyClosed } from './clean-mark.js';
import { probeLmdb } from './lmdb-probe.js';
import type { NoticeListener } from './notice.js';

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

function openRoot(path: string): LmdbRoot {
  // Without overlappingSync a write resolves only after its commit was synced to the disk.
  return open<unknown, LmdbKey>({ path, encoding: 'json', overlappingSync: false, noSubdir: true });
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
