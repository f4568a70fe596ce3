/** What processes and folders take, looked at from outside. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 2 ** 20;

/** The memory that a process holds, in MiB; 0 when it is gone. */
export function rssMb(pid: number): number {
  return kilobytes(pid) / 1024;
}

function kilobytes(pid: number): number {
  // Without a process of its own where that is possible: to look must not disturb what is measured.
  if (process.platform !== 'linux') return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]));
  const file = `/proc/${pid}/status`;
  return existsSync(file) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) : 0;
}

/** The size of a file, or of all files below a folder, in MiB. */
export function sizeMb(path: string): number {
  return bytesOf(path) / MIB;
}

function bytesOf(path: string): number {
  // What is removed while we look counts as nothing.
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.isFile() ? status.size : 0;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}
