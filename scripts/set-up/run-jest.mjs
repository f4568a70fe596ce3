/**
 * Runs jest once and counts from its own result file. A jest that has written its result and does not end within
 * 20 s was kept open by a test that left something behind: that counts as a failure and is ended.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './paths.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} resultFile where jest writes; must not exist
 * @returns {Promise<Counts>}
 */
export async function runJest(args, env, resultFile) {
  const jest = join(repository, 'node_modules/jest/bin/jest.js');
  const options = ['--passWithNoTests', '--json', `--outputFile=${resultFile}`];
  const child = spawn(process.execPath, [jest, ...args, ...options], {
    cwd: repository,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const leftOpen = await ended(child, resultFile);
  const counts = existsSync(resultFile) ? readCounts(readFileSync(resultFile, 'utf8')) : noResult;
  const broken = leftOpen || (child.exitCode !== 0 && counts.failed === 0);
  return broken ? addCounts(counts, { passed: 0, failed: 1, skipped: 0 }) : counts;
}

const noResult = { passed: 0, failed: 1, skipped: 0 };

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} resultFile
 * @returns {Promise<boolean>} whether it had to be ended
 */
function ended(child, resultFile) {
  return new Promise((resolve) => {
    let resultSince = 0;
    const watch = setInterval(() => {
      if (existsSync(resultFile)) resultSince ||= Date.now();
      if (resultSince === 0 || Date.now() - resultSince < 20_000) return;
      process.stderr.write('A test left something open: jest has its result and does not end.\n');
      clearInterval(watch);
      child.once('close', () => resolve(true));
      child.kill('SIGKILL');
    }, 500);
    child.once('close', () => {
      clearInterval(watch);
      resolve(false);
    });
  });
}

/**
 * Pure: a suite that could not be run at all counts as one failure.
 * @param {string} json
 * @returns {Counts}
 */
export function readCounts(json) {
  /** @type {Record<'numPassedTests' | 'numFailedTests' | 'numRuntimeErrorTestSuites' | 'numPendingTests' | 'numTodoTests', number>} */
  const result = JSON.parse(json);
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/**
 * @param {Counts} one
 * @param {Counts} other
 * @returns {Counts}
 */
export function addCounts(one, other) {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}
