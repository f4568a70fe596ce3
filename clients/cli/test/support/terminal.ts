/** The command in a real pseudo-terminal, or on pipes. */
import { type ChildProcessWithoutNullStreams, spawn as spawnChild } from 'node:child_process';
import type { IPty } from '@lydell/node-pty';
import { spawn } from '@lydell/node-pty';
import { emptyScreen, show, textOf } from '../../../../test/end-to-end/support/screen.js';
import type { RealHub } from './real-hub.js';
import { repository } from './real-hub.js';
import { until } from './until.js';

const COLUMNS = 100;

export class Terminal {
  readonly #pty: IPty;
  raw = '';
  exitCode: number | null = null;

  constructor(hub: RealHub, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const all = { ...hub.env, TERM: 'xterm-256color', ...env };
    this.#pty = spawn(process.execPath, [hub.cli, ...args], { cols: COLUMNS, rows: 40, cwd: repository, env: all });
    this.#pty.onData((data) => (this.raw += data));
    this.#pty.onExit(({ exitCode }) => (this.exitCode = exitCode));
  }

  /** What a person reads. */
  get text(): string {
    return textOf(show(emptyScreen(COLUMNS), this.raw));
  }

  /** The line with the cursor. */
  get lastLine(): string {
    return this.text.trimEnd().split('\n').at(-1) ?? '';
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  async shows(wanted: string | RegExp): Promise<void> {
    const isThere = () => (typeof wanted === 'string' ? this.text.includes(wanted) : wanted.test(this.text));
    await until(`the terminal to show ${String(wanted)}`, isThere, () => this.text);
  }

  /** Waits for the prompt with nothing typed behind it. */
  async isReady(): Promise<void> {
    await until(
      'the prompt',
      () => /^In \[\d+\]:$/.test(this.lastLine),
      () => this.text,
    );
  }

  async ended(): Promise<number> {
    await until(
      'the end',
      () => this.exitCode !== null,
      () => this.text,
    );
    return this.exitCode ?? -1;
  }

  async close(): Promise<void> {
    if (this.exitCode === null) this.#pty.kill('SIGTERM');
    await this.ended();
  }
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command on pipes until it ends. */
export function command(hub: RealHub, args: readonly string[], input = ''): Promise<Ended> {
  return ended(spawnChild(process.execPath, [hub.cli, ...args], { cwd: repository, env: hub.env }), input);
}

/** Its output goes into another program, whose output is told; the exit code is its own. */
export function commandInto(reader: string, hub: RealHub, args: readonly string[]): Promise<Ended> {
  const script = `"$0" "$@" | ${reader}; exit "\${PIPESTATUS[0]}"`;
  return ended(
    spawnChild('bash', ['-c', script, process.execPath, hub.cli, ...args], { cwd: repository, env: hub.env }),
    '',
  );
}

async function ended(child: ChildProcessWithoutNullStreams, input: string): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input);
  const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return { exitCode, stdout, stderr };
}
