/**
 * Tells whether the process of a pid is still the one that it was: pids are used again, and the next keeper must
 * neither take over nor signal a stranger. A process is known by its pid and the time of its start; one that has ended
 * and waits for its parent (a zombie) is gone. Linux by /proc, since slim images have no `ps`; macOS by `ps`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { processExists } from '../kernel/process-exists.js';

export const ProcessIdentity = z.object({
  pid: z.number().int().positive(),
  /** Only ever compared; null when it could not be found out, then the pid alone is not trusted. */
  startedAt: z.string().nullable(),
});
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

/** Of a process that runs now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: startOf(pid) };
}

export function isSameProcess({ pid, startedAt }: ProcessIdentity): boolean {
  return startedAt !== null && startOf(pid) === startedAt;
}

/**
 * The same for a process that was itself a moment ago, at a price that allows to look often: where `ps` would have to be
 * run, a pid that is there counts (macOS reaps orphans at once, so it is no zombie).
 */
export function stillRuns(identity: ProcessIdentity): boolean {
  return process.platform === 'linux' ? isSameProcess(identity) : processExists(identity.pid);
}

/** Null when there is no such process, or only its zombie. */
function startOf(pid: number): string | null {
  return process.platform === 'linux' ? linuxStart(pid) : psStart(pid);
}

function linuxStart(pid: number): string | null {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat === null ? null : startInStat(stat, textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? '');
}

/**
 * Pure: of /proc/<pid>/stat, whose second field is the program's name and may hold anything, brackets too. The start
 * is counted in ticks since the machine's, so that it is told with it.
 */
export function startInStat(stat: string, bootId: string): string | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? 'X';
  const ticks = fields[19];
  return ticks === undefined || ENDED_STATES.includes(state) ? null : `${bootId} ${ticks}`;
}

/** Pure: of `ps -o stat=,lstart=`. */
export function startInPs(line: string): string | null {
  const [, state, start] = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(line) ?? [];
  return state === undefined || start === undefined || state.startsWith('Z') ? null : start;
}

const ENDED_STATES = ['Z', 'X', 'x'];

function psStart(pid: number): string | null {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', env });
  return startInPs(stdout ?? '');
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
