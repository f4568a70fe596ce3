/** The programs that the tests drive besides Node and Python: found on PATH, else installed on Debian as root. */
import { canInstallByApt, installByApt } from './debian.mjs';
import { SetUpError } from './report.mjs';
import { findProgram } from './run-program.mjs';

/** Each program under the names it goes by, and the Debian package that brings it. */
const needed = [
  { names: ['redis-server'], debian: 'redis-server' },
  { names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], debian: 'chromium' },
];

/**
 * @param {string | undefined} path as in PATH
 * @param {(packages: readonly string[]) => Promise<boolean>} [install] replaced by tests
 * @returns {Promise<import('./report.mjs').StepResult>}
 */
export async function findTestPrograms(path, install = installIfPossible) {
  const missing = needed.filter((program) => !isThere(program, path));
  if (missing.length === 0) return { changed: false, detail: 'redis-server, chromium' };
  const packages = missing.map((program) => program.debian);
  await install(packages);
  const absent = missing.filter((program) => !isThere(program, path)).map((program) => program.names[0]);
  if (absent.length === 0) return { changed: true, detail: packages.join(', ') };
  throw new SetUpError(
    `The tests need ${absent.join(' and ')}, which is not on PATH.`,
    `Install it (Debian: apt-get install ${packages.join(' ')}; macOS: brew install redis, and Chromium), then run the tests again.`,
  );
}

/** @param {readonly string[]} packages */
async function installIfPossible(packages) {
  return canInstallByApt() && (await installByApt(packages));
}

/**
 * @param {{ names: readonly string[] }} program
 * @param {string | undefined} path
 */
function isThere(program, path) {
  return program.names.some((name) => findProgram(name, path) !== null);
}
