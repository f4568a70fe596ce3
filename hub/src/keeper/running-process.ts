/**
 * What the keeper needs of a kernel's process, whether it is a child or was taken over from a former keeper; and what
 * both have in common.
 */
import { open } from 'node:fs/promises';
import { errorCode } from '../kernel/error-code.js';

export interface RunningProcess {
  /** How it ended, in words: `exit code 1`, `signal SIGKILL`. Never rejects. */
  readonly ended: Promise<string>;
  readonly hasEnded: boolean;
  /** Null before the start. */
  readonly pid: number | null;
  /** Rejects at once, with words for a person, when it can't be there. */
  start(): Promise<void>;
  /** To the whole process group; a group that is gone is no error. */
  signal(signal: NodeJS.Signals): void;
  /** The last of what this process wrote to stderr, at most 8 KiB. */
  stderrTail(): Promise<string>;
}

const STDERR_TAIL_BYTES = 8 * 1024;

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: all are gone. macOS says EPERM for a group of zombies.
    const code = errorCode(error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** The end of the file, but nothing before `from`, unless the file was cut since (see output-files.ts). */
export async function tailOf(path: string, from: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(from > size ? 0 : from, size - STDERR_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, null, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
