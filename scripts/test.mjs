/**
 * `npm test`: set-up, then every suite: the units with three workers, since most wait for processes; then the end-to-end
 * tests one after the other. Further arguments go to jest. The last line is the count; the exit code is not 0 when a test
 * failed or none ran.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCounts, runJest } from './set-up/run-jest.mjs';
import { reportFailure } from './set-up/report.mjs';
import { setUpForTests } from './set-up/set-up.mjs';
import { testEnvironment } from './set-up/test-environment.mjs';

const units = ['--selectProjects', 'proto', 'hub', 'core', 'cli', 'web', 'set-up', '--maxWorkers=3'];
const endToEnd = ['--selectProjects', 'end to end', 'torture', '--runInBand'];

try {
  process.exitCode = await testAll(await setUpForTests(), process.argv.slice(2));
} catch (error) {
  process.exitCode = reportFailure(error);
}

/**
 * @param {import('./set-up/test-environment.mjs').Pythons} pythons
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
