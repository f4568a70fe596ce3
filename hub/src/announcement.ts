/**
 * How the terminal finds the hubs of this data folder: an owner-only file a hub, named by its host and process id. What a
 * hub that was killed left is removed by the next one of the same host: containers may share the folder, and each counts
 * its processes from 1.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { processExists } from './kernel/process-exists.js';

export interface Announcement {
  readonly url: string;
  readonly token: string;
  readonly folder: string;
}

/** Answers what takes it back. */
export async function announce(
  dataDirectory: string,
  said: Announcement,
  host = os.hostname(),
): Promise<() => Promise<void>> {
  const directory = path.join(dataDirectory, 'hubs');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await sweep(directory, host);
  const file = path.join(directory, `${host}-${String(process.pid)}.json`);
  await writeFileAtomic(file, JSON.stringify({ ...said, host, pid: process.pid }), { mode: 0o600 });
  return () => rm(file, { force: true });
}

async function sweep(directory: string, host: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const [, of, pid] = /^(.*)-(\d+)\.json$/.exec(name) ?? [];
    if (of === host && !processExists(Number(pid))) await rm(path.join(directory, name), { force: true });
  }
}
