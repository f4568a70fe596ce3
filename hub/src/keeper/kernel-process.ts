/**
 * One kernel process: started in a session and process group of its own, so that signals reach its children too and
 * a terminal's Ctrl-C does not; its stdout and stderr go to owner-only files, which outlive it. When the process is
 * gone, whatever is left of its group is killed: nothing of a kernel stays behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../kernel/error-code.js';
import { signalGroup, tailOf, type RunningProcess } from './running-process.js';

export interface KernelProcessOptions {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdoutPath: string;
  readonly stderrPath: string;
  /** Called in the turn of the start itself, before anything else can happen. */
  readonly onStarted: (pid: number) => void;
}

export class KernelProcess implements RunningProcess {
  readonly ended: Promise<string>;
  #child: ChildProcess | null = null;
  #hasEnded = false;
  #tellEnd: (reason: string) => void = () => undefined;
  /** Where this process's stderr begins in the file, which its predecessors wrote to as well. */
  #stderrStart = 0;

  constructor(private readonly options: KernelProcessOptions) {
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  async start(): Promise<void> {
    const { cwd, stdoutPath, stderrPath } = this.options;
    if (!(await isFolder(cwd))) throw new Error(`the folder ${cwd}, where it should start, is not there`);
    await mkdir(dirname(stdoutPath), { recursive: true, mode: 0o700 });
    const stdout = await open(stdoutPath, 'a', 0o600);
    const stderr = await open(stderrPath, 'a', 0o600);
    try {
      this.#stderrStart = (await stderr.stat()).size;
      await this.#spawn(stdout, stderr);
    } finally {
      await Promise.all([stdout.close(), stderr.close()]);
    }
  }

  signal(signal: NodeJS.Signals): void {
    const pid = this.pid;
    if (pid === null || this.#hasEnded) return;
    signalGroup(pid, signal);
  }

  stderrTail(): Promise<string> {
    return tailOf(this.options.stderrPath, this.#stderrStart);
  }

  async #spawn(stdout: FileHandle, stderr: FileHandle): Promise<void> {
    const [program = '', ...args] = this.options.argv;
    const { env, cwd, onStarted } = this.options;
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', stdout.fd, stderr.fd],
    });
    this.#child = child;
    if (child.pid !== undefined) onStarted(child.pid);
    child.once('exit', (code, signal) => {
      this.#end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(launchError(program, error));
      });
    });
  }

  #end(reason: string): void {
    const pid = this.pid;
    this.#hasEnded = true;
    if (pid !== null) signalGroup(pid, 'SIGKILL');
    this.#tellEnd(reason);
  }
}

function launchError(program: string, error: Error): Error {
  const code = errorCode(error);
  if (code === 'ENOENT') {
    return new Error(`the program ${program} was not found: install it, or correct argv in the kernelspec`);
  }
  if (code === 'EACCES') return new Error(`the program ${program} may not be executed`);
  return error;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
