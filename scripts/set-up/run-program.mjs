/** Runs other programs: quietly with their output kept for the error, or looked up on PATH. Never through a shell. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { errorCode } from './error-code.mjs';

/**
 * @typedef {object} Outcome
 * @property {boolean} ok
 * @property {string} stdout
 * @property {string} output stdout and stderr as they came
 */

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @returns {Promise<Outcome>} never rejects; a program that can't be started is not ok
 */
export function runProgram(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.cwd,
      env: options.env ?? process.env,
    });
    // Node's own timeout goes on for a program that could not be started, and keeps this process as long.
    const tooLong = options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill(), options.timeoutMs);
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
    });
    const ended = (/** @type {Outcome} */ outcome) => {
      clearTimeout(tooLong);
      resolve(outcome);
    };
    child.on('error', (error) => ended({ ok: false, stdout, output: `${output}${error.message}\n` }));
    child.on('close', (code) => ended({ ok: code === 0, stdout, output }));
  });
}

/**
 * @param {string} name
 * @param {string} [path] as in PATH
 * @returns {string | null} the first executable of that name
 */
export function findProgram(name, path = process.env['PATH'] ?? '') {
  for (const folder of path.split(delimiter)) {
    if (folder !== '' && isExecutable(join(folder, name))) return join(folder, name);
  }
  return null;
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (errorCode(error) !== null) return false;
    throw error;
  }
}
