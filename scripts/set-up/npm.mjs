/**
 * Finds npm as a JavaScript file, so that it runs by this very Node: npm tells its place when it started us; when we
 * were started by plain `node`, it lies beside Node, or behind the `npm` on PATH.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from './run-program.mjs';
import { SetUpError } from './report.mjs';

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} node the path of the running Node
 * @returns {string} the path of npm-cli.js
 */
export function findNpm(env, node = process.execPath) {
  const found = candidates(env, node).find((file) => file.endsWith('npm-cli.js') && existsSync(file));
  if (found !== undefined) return found;
  throw new SetUpError(
    'npm was not found.',
    'Install it with Node (https://nodejs.org) and run the same command again.',
  );
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} node
 */
function candidates(env, node) {
  const onPath = findProgram('npm', env['PATH'] ?? '');
  const folder = dirname(node);
  return [
    env['npm_execpath'] ?? '',
    join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    onPath === null ? '' : realpathSync(onPath),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ];
}
