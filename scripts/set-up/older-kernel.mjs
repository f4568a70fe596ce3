/**
 * Finds the Python of the system with an ipykernel of the older generation (6), for the tests: Debian brings one. It is
 * wanted, not needed: where it is missing and can't be installed, its tests are left out, and set-up says so.
 */
import { canInstallByApt, installByApt } from './debian.mjs';
import { runProgram } from './run-program.mjs';

const systemPython = '/usr/bin/python3';
const isOlder = ['-c', 'import ipykernel, sys; sys.exit(ipykernel.version_info[0] != 6)'];

/**
 * @typedef {object} OlderKernelOptions replaced by tests
 * @property {string} [python]
 * @property {(packages: readonly string[]) => Promise<boolean>} [install]
 */

/**
 * @param {OlderKernelOptions} [options]
 * @returns {Promise<import('./report.mjs').StepResult & { python: string | null }>}
 */
export async function findOlderKernel({ python = systemPython, install = installIfPossible } = {}) {
  if (await hasOlderKernel(python)) return { changed: false, detail: `ipykernel 6 of ${python}`, python };
  if ((await install(['python3-ipykernel'])) && (await hasOlderKernel(python)))
    return { changed: true, detail: `ipykernel 6 of ${python}`, python };
  return { changed: true, detail: leftOut(python), python: null };
}

/** @param {string} python */
function leftOut(python) {
  return `${python} has no ipykernel 6 and none could be installed by apt-get: the tests with it are left out`;
}

/** @param {string} python */
async function hasOlderKernel(python) {
  return (await runProgram(python, isOlder, { timeoutMs: 60_000 })).ok;
}

/** @param {readonly string[]} packages */
async function installIfPossible(packages) {
  return canInstallByApt() && (await installByApt(packages));
}
