/** The surroundings of tests and of long runs: a Python by name, its kernelspec by Jupyter's own path, a data folder apart. */
import { delimiter, join } from 'node:path';
import { runProgram } from './run-program.mjs';

/**
 * The tests find their Python by name, its kernelspec by Jupyter's own path, and never the person's data folder.
 * @param {string} python
 * @param {string} scratch
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function testEnvironment(python, scratch) {
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
    COKERNEL_DATA: join(scratch, 'data'),
    JUPYTER_PATH: [kernels, process.env['JUPYTER_PATH'] ?? ''].filter((part) => part !== '').join(delimiter),
  };
}
