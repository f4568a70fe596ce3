/** The surroundings of tests and of long runs: Pythons by name, a kernelspec by Jupyter's own path, a data folder apart. */
import { delimiter, join } from 'node:path';
import { repository } from './paths.mjs';
import { runProgram } from './run-program.mjs';

/** @typedef {{ python: string, olderPython: string | null }} Pythons */

/**
 * The tests find their Pythons by name (COKERNEL_TEST_PYTHON_6 has ipykernel 6; where it is not set, its tests are left
 * out), the first one's kernelspec by Jupyter's own path, what was built (COKERNEL_TEST_BUILT), and never the person's data
 * folder.
 * @param {Pythons} pythons
 * @param {string} scratch
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function testEnvironment({ python, olderPython }, scratch) {
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
    COKERNEL_TEST_BUILT: join(repository, 'hub', 'dist'),
    COKERNEL_DATA: join(scratch, 'data'),
    JUPYTER_PATH: [kernels, process.env['JUPYTER_PATH'] ?? ''].filter((part) => part !== '').join(delimiter),
  };
}
