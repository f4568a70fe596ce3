/** `node scripts/conformance.mjs`: brings the table of docs/conformance.md up to date, with the tests' own Python. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './set-up/paths.mjs';
import { reportFailure } from './set-up/report.mjs';
import { runProgram } from './set-up/run-program.mjs';
import { setUpForTests } from './set-up/set-up.mjs';
import { testEnvironment } from './set-up/test-environment.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'cokernel-conformance-'));
try {
  const env = await testEnvironment(await setUpForTests(), scratch);
  const program = ['--import', 'tsx', join('proto', 'test', 'notebook', 'conformance', 'main.ts')];
  const { ok, output } = await runProgram(process.execPath, program, { cwd: repository, env });
  if (!ok) throw new Error(output);
} catch (error) {
  process.exitCode = reportFailure(error);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
