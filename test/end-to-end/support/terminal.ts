/** `cokernel attach` in a real pseudo-terminal. */
import { spawn } from '@lydell/node-pty';
import { repository } from './repository.js';
import { emptyScreen, show, textOf } from './screen.js';
import type { Scratch } from './scratch.js';
import { until } from './until.js';

export interface Terminal {
  /** All that was written to it, escape sequences included. */
  raw(): string;
  /** What a person reads on it. */
  text(): string;
  /** Types text; `\r` is Enter, `\x04` Ctrl-D. */
  type(keys: string): void;
  /** Waits until it shows the text. */
  shows(text: string | RegExp): Promise<void>;
  /** Resolves with the exit code. */
  ended(): Promise<number>;
  /** Takes it away as when its window is closed. Can be called twice. */
  close(): Promise<void>;
}

const columns = 100;

export function openTerminal(scratch: Scratch, args: readonly string[]): Terminal {
  const { NODE_OPTIONS: _jest, ...outer } = process.env;
  const env = { ...outer, COKERNEL_DATA: scratch.make('data'), TERM: 'xterm-256color', COLORTERM: 'truecolor' };
  const program = [repository.terminal, ...args];
  const pty = spawn(process.execPath, program, { cols: columns, rows: 40, cwd: scratch.folder, env });
  let raw = '';
  let exitCode: number | null = null;
  pty.onData((data) => {
    raw += data;
  });
  pty.onExit((exit) => {
    exitCode = exit.exitCode;
  });
  const text = (): string => textOf(show(emptyScreen(columns), raw));
  const ended = (): Promise<number> => until('the terminal to end', () => exitCode, { state: text });
  const close = async (): Promise<void> => {
    if (exitCode === null) pty.kill('SIGHUP');
    await ended();
  };
  scratch.atEnd(close);
  return {
    raw: () => raw,
    text,
    type: (keys) => pty.write(keys),
    shows: async (wanted) => {
      await until(`the terminal to show ${String(wanted)}`, () => matches(text(), wanted), { state: text });
    },
    ended,
    close,
  };
}

function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
}
