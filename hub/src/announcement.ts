/**
 * How the terminal finds the hubs of this data folder: an owner-only file a hub, named by its process id. What a hub that
 * was killed left is removed by the next one.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { processExists } from './kernel/process-exists.js';

export interface Announcement {
  readonly url: string;
  readonly token: string;
  readonly folder: string;
}

/** Answers what takes it back. */
export async function announce(dataDirectory: string, said: Announcement): Promise<() => Promise<void>> {
  const directory = path.join(dataDirectory, 'hubs');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await sweep(directory);
  const file = path.join(directory, `${String(process.pid)}.json`);
  await writeFileAtomic(file, JSON.stringify({ ...said, pid: process.pid }), { mode: 0o600 });
  return () => rm(file, { force: true });
}

async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = Number(/^(\d+)\.json$/.exec(name)?.[1]);
    if (Number.isInteger(pid) && !processExists(pid)) await rm(path.join(directory, name), { force: true });
  }
}
