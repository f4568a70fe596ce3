/** The programs that tests and clusters need besides Node and Python: found on PATH, else installed on Debian as root. */
import { delimiter } from 'node:path';
import { canInstallByApt, installByApt } from './debian.mjs';
import { SetUpError } from './report.mjs';
import { findProgram } from './run-program.mjs';

/** Each program under the names it goes by, and the Debian package that brings it. */
const redis = { names: ['redis-server'], debian: 'redis-server' };
const nginx = { names: ['nginx'], debian: 'nginx' };
const chromium = {
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  debian: 'chromium',
};

/** PATH, and where servers lie on Debian, which is not on everybody's. */
export const programPath = [process.env['PATH'] ?? '', '/usr/sbin', '/usr/local/sbin'].join(delimiter);

/**
 * @param {string | undefined} path as in PATH
 * @param {(packages: readonly string[]) => Promise<boolean>} [install] replaced by tests
 */
export function findTestPrograms(path, install = installIfPossible) {
  return findPrograms({ who: 'The tests need', needed: [redis, nginx, chromium] }, path, install);
}

/**
 * @param {string | undefined} path as in PATH
 * @param {(packages: readonly string[]) => Promise<boolean>} [install] replaced by tests
 */
export function findClusterPrograms(path, install = installIfPossible) {
  return findPrograms({ who: 'Many hubs need', needed: [redis, nginx] }, path, install);
}

/**
 * @typedef {{ readonly names: readonly string[], readonly debian: string }} NeededProgram
 * @param {{ readonly who: string, readonly needed: readonly NeededProgram[] }} need
 * @param {string | undefined} path
 * @param {(packages: readonly string[]) => Promise<boolean>} install
 * @returns {Promise<import('./report.mjs').StepResult>}
 */
async function findPrograms({ who, needed }, path, install) {
  const missing = needed.filter((program) => !isThere(program, path));
  if (missing.length === 0) return { changed: false, detail: needed.map(({ debian }) => debian).join(', ') };
  const packages = missing.map((program) => program.debian);
  await install(packages);
  const absent = missing.filter((program) => !isThere(program, path));
  if (absent.length === 0) return { changed: true, detail: packages.join(', ') };
  const names = absent.map(({ debian }) => debian).join(' ');
  throw new SetUpError(
    `${who} ${absent.map((program) => program.names[0]).join(' and ')}, which is not on PATH.`,
    `Install it (Debian: apt-get install ${names}; macOS: brew install ${names.replace('redis-server', 'redis')}), then try again.`,
  );
}

/** @param {readonly string[]} packages */
async function installIfPossible(packages) {
  return canInstallByApt() && (await installByApt(packages));
}

/**
 * @param {NeededProgram} program
 * @param {string | undefined} path
 */
function isThere(program, path) {
  return program.names.some((name) => findProgram(name, path) !== null);
}
