/**
 * Tells a process from a later one that got the same pid: by the time at which it started, as the system writes it.
 * Where the system doesn't say (Windows), the pid alone must do.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hasCode } from './durable-files.js';

const run = promisify(execFile);

/** When the process started, in letters and digits; null when no such process runs. */
export async function startOf(pid: number): Promise<string | null> {
  switch (process.platform) {
    case 'linux':
      return startOnLinux(pid);
    case 'win32':
      return isAlive(pid) ? 'unknown' : null;
    default:
      return startByPs(pid);
  }
}

/** Field 22 of /proc/PID/stat, in ticks since the machine started; a zombie counts as gone. */
async function startOnLinux(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name, field 2, stands in brackets and may hold blanks and brackets.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? null : (rest[18] ?? null);
}

async function startByPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { ...process.env, LC_ALL: 'C' } });
    return stdout.replace(/[^A-Za-z0-9]/g, '') || null;
  } catch {
    // `ps` ends with an error code when there is no such process.
    return isAlive(pid) ? 'unknown' : null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
