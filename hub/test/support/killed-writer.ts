/** A program from the sources that writes to a store, says line by line what is durable, and ends when it is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class KilledWriter {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  /** `program`: a path. */
  constructor(program: string, args: readonly string[], onLine: (line: string) => void) {
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', onLine);
    this.child = child;
    this.ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  }

  /** Throws when it has ended by itself: nobody need wait for what it will say. */
  expectRunning(): void {
    if (this.child.exitCode !== null) throw new Error(`the writer ended with ${String(this.child.exitCode)}`);
  }

  /** Resolves when it has ended and all that it said is read. Can be called twice. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
