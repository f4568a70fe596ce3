/** A program of a torture in a process of its own, told what to do by messages; it ends with the scratch. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { repository } from '../../end-to-end/support/repository.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';

/** `name`: of a file in test/torture/programs. */
export function startToldProcess(scratch: Scratch, name: string): ChildProcess {
  const program = `${repository.root}test/torture/programs/${name}.ts`;
  const { NODE_OPTIONS: _jest, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    cwd: repository.root,
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  scratch.atEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
  return child;
}

/** Resolves with what it answers. One order at a time. */
export async function tellProcess(child: ChildProcess, order: object): Promise<unknown> {
  const heard = once(child, 'message');
  child.send(order);
  const [message]: unknown[] = await heard;
  return message;
}
