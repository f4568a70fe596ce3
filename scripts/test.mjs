/**
 * `npm test`: set-up, then every suite: the units with two workers, then the end-to-end tests one after the other.
 * Further arguments go to jest. The last line is the count; the exit code is not 0 when a test failed or none ran.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { addCounts, runJest } from './set-up/run-jest.mjs';
import { reportFailure } from './set-up/report.mjs';
import { runProgram } from './set-up/run-program.mjs';
import { setUpForTests } from './set-up/set-up.mjs';

const units = ['--selectProjects', 'proto', 'hub', 'core', 'cli', 'web', 'set-up', '--maxWorkers=2'];
const endToEnd = ['--selectProjects', 'end to end', '--runInBand'];

try {
  process.exitCode = await testAll(await setUpForTests(), process.argv.slice(2));
} catch (error) {
  process.exitCode = reportFailure(error);
}

/** @typedef {{ python: string, olderPython: string | null }} Pythons */

/**
 * @param {Pythons} pythons
 * @param {readonly string[]} args
 */
async function testAll(pythons, args) {
  const scratch = mkdtempSync(join(tmpdir(), 'cokernel-test-'));
  try {
    const env = await testEnvironment(pythons, scratch);
    const first = await runJest([...units, ...args], env, join(scratch, 'units.json'));
    const second = await runJest([...endToEnd, ...args], env, join(scratch, 'end-to-end.json'));
    const { passed, failed, skipped } = addCounts(first, second);
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return failed > 0 || passed === 0 ? 1 : 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The tests find their Pythons by name (COKERNEL_TEST_PYTHON_6 has ipykernel 6; where it is not set, its tests are left
 * out), the first one's kernelspec by Jupyter's own path, and never the person's data folder.
 * @param {Pythons} pythons
 * @param {string} scratch
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function testEnvironment({ python, olderPython }, scratch) {
  const { stdout } = await runProgram(python, ['-c', 'import sys; print(sys.prefix)']);
  const kernels = join(stdout.trim(), 'share', 'jupyter');
  // --disable-warning is not known to the first releases of Node 20.
  const quiet = process.allowedNodeEnvironmentFlags.has('--disable-warning')
    ? '--disable-warning=ExperimentalWarning'
    : '--no-warnings';
  return {
    ...process.env,
    NODE_OPTIONS: [process.env['NODE_OPTIONS'] ?? '', '--experimental-vm-modules', quiet].join(' ').trim(),
    COKERNEL_TEST_PYTHON: python,
    ...(olderPython === null ? {} : { COKERNEL_TEST_PYTHON_6: olderPython }),
    COKERNEL_DATA: join(scratch, 'data'),
    JUPYTER_PATH: [kernels, process.env['JUPYTER_PATH'] ?? ''].filter((part) => part !== '').join(delimiter),
  };
}
