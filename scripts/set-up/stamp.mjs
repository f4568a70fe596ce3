/** A stamp is a small file that says for which inputs a step was last done; equal inputs mean nothing to do. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from './error-code.mjs';

/**
 * @param {string} file
 * @returns {string | null} null when there is no such file
 */
export function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/**
 * @param {string} file
 * @param {string} value
 */
export function writeStamp(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, value);
}

/** @param {string | Buffer} content */
export function hashOf(content) {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * A value that changes when a file below the given paths is added, removed or written. It reads names, sizes and
 * times, no contents, so it takes milliseconds.
 * @param {readonly string[]} paths files or folders; a missing one counts as empty
 */
export function fingerprint(paths) {
  const lines = paths.flatMap((path) => describe(path));
  return hashOf(lines.join('\n'));
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function describe(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return [];
  if (status.isFile()) return [`${path} ${status.size} ${status.mtimeMs}`];
  return readdirSync(path)
    .sort()
    .flatMap((name) => describe(join(path, name)));
}
