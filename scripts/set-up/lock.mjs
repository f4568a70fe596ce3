/**
 * One at a time: a second set-up in a clone waits until the first is done; a second cluster of a folder is refused. What one
 * left that died is no hindrance.
 */
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readText } from './stamp.mjs';
import { errorCode } from './error-code.mjs';

/**
 * Waits until nobody else works.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  let release = takeLock(file);
  for (; release === null; release = takeLock(file)) await setTimeout(100);
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * @param {string} file
 * @returns {(() => void) | null} what gives it back; null: a living process has it
 */
export function takeLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  while (!tryLock(file)) {
    if (isAlive(Number(readText(file)))) return null;
    rmSync(file, { force: true });
  }
  return () => rmSync(file, { force: true });
}

/** @param {string} file */
function tryLock(file) {
  // A link appears whole: nobody reads a lock that has no owner yet.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
