/** Processes that a test began, directly or through the hub: found by its scratch folder in their command line. */
import { execFileSync } from 'node:child_process';
import { until } from './until.js';
import { errorCode } from '../../../scripts/set-up/error-code.mjs';

/** The processes whose command line names the folder. */
export function processesOf(folder: string): readonly { readonly pid: number; readonly command: string }[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || state === undefined || command === undefined) return [];
    const counts = command.includes(folder) && !state.startsWith('Z') && Number(pid) !== process.pid;
    return counts ? [{ pid: Number(pid), command }] : [];
  });
}

/** Ends what is still there of the folder's processes and resolves when all are gone. */
export async function endProcessesOf(folder: string): Promise<void> {
  await until(
    `the processes of ${folder} to be gone`,
    () => {
      const left = processesOf(folder);
      for (const { pid } of left) kill(pid);
      return left.length === 0;
    },
    { state: () => processesOf(folder).map(describe).join('\n') },
  );
}

function describe({ pid, command }: { readonly pid: number; readonly command: string }): string {
  return `${pid} ${command}`;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It may have gone by itself since it was listed.
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
