/**
 * `npm run torture -- NAME [--rounds N] [--seed S] [--minutes M]`: the long runs behind docs/reliability.md, with the
 * set-up of the tests. The exit code is not 0 when a round failed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './set-up/paths.mjs';
import { reportFailure } from './set-up/report.mjs';
import { setUpForTests } from './set-up/set-up.mjs';
import { testEnvironment } from './set-up/test-environment.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'cokernel-torture-'));
try {
  const env = await testEnvironment(await setUpForTests(), scratch);
  const program = ['--import', 'tsx', join('test', 'torture', 'main.ts'), ...process.argv.slice(2)];
  const child = spawn(process.execPath, program, { cwd: repository, env, stdio: 'inherit' });
  await once(child, 'exit');
  process.exitCode = child.exitCode ?? 1;
  // The tables of docs/reliability.md follow from what was written.
  await import('./reliability.mjs');
} catch (error) {
  process.exitCode = reportFailure(error);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
