/**
 * One process of a cluster, started again whenever it ends, as `restart: always` does for a container. It is in a process
 * group of its own: a terminal's Ctrl-C reaches it only in its turn.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SetUpError } from '../set-up/report.mjs';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** What lived so long begins with the first pause again. */
const STABLE_AFTER_MS = 10_000;
const READY_WITHIN_MS = 60_000;
/** What ends so often before it is ready can't be started. */
const VAIN_STARTS = 3;
const ENDS_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 50;

/**
 * @typedef {object} ProgramOptions
 * @property {string} name
 * @property {readonly [string, ...string[]]} command
 * @property {NodeJS.ProcessEnv} env
 * @property {string} folder where it runs
 * @property {string} log what it says is appended there
 * @property {NodeJS.Signals} endsBy
 * @property {() => Promise<boolean>} isReady
 * @property {(line: string) => void} say
 */

export class Program {
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null;
  #ending = new AbortController();
  #ends = 0;
  /** @type {Promise<void>} */
  #kept = Promise.resolve();

  /** @param {ProgramOptions} options */
  constructor(options) {
    this.options = options;
  }

  /** Resolves when it is ready for others. */
  async start() {
    const { name, isReady, log } = this.options;
    this.#kept = this.#keep();
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!this.#ending.signal.aborted && !(await isReady())) {
      if (performance.now() > deadline || this.#ends >= VAIN_STARTS)
        throw new SetUpError(`${name} did not start. It said:\n${lastLines(log)}`, `All of it is in ${log}.`);
      await pause(LOOK_AGAIN_MS);
    }
  }

  /** Resolves when it is gone. Can be called twice. */
  async end() {
    this.#ending.abort();
    const child = this.#child;
    child?.kill(this.options.endsBy);
    const tooLong = setTimeout(() => child?.kill('SIGKILL'), ENDS_WITHIN_MS);
    await this.#kept;
    clearTimeout(tooLong);
  }

  /** At once, when nobody wants to wait. */
  kill() {
    this.#ending.abort();
    this.#child?.kill('SIGKILL');
  }

  async #keep() {
    const { name, say } = this.options;
    const { signal } = this.#ending;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const begun = performance.now();
      const how = await this.#runOnce();
      if (signal.aborted) return;
      this.#ends += 1;
      if (performance.now() - begun > STABLE_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
      say(`${name} ended (${how}) and is started again.`);
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** @returns {Promise<string>} how it ended */
  #runOnce() {
    const { command, env, folder, log } = this.options;
    const [program, ...args] = command;
    const file = openSync(log, 'a', 0o600);
    const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', file, file] });
    closeSync(file);
    this.#child = child;
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }
}

/** @param {string} file */
function lastLines(file) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
}
