/**
 * `npm run check`: types, lint, formatting, import rules and dead code, two at a time. Each prints one line; what
 * fails prints its findings. The exit code is not 0 when one failed.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { repository } from './set-up/paths.mjs';
import { reportFailure } from './set-up/report.mjs';
import { runProgram } from './set-up/run-program.mjs';
import { setUpForChecks } from './set-up/set-up.mjs';

/** @param {string} folder */
const types = (folder) => ({
  name: `types of ${folder === '.' ? 'tests and benches' : folder}`,
  program: 'typescript/bin/tsc',
  args: ['-p', folder, '--incremental', '--tsBuildInfoFile', `.cache/types/${folder.replaceAll('/', '-')}.tsbuildinfo`],
});

/** The longest first: they decide how long the whole takes. */
const checks = [
  { name: 'lint', program: 'eslint/bin/eslint.js', args: ['.', '--max-warnings=0'] },
  types('clients/web'),
  types('hub'),
  types('.'),
  types('clients/cli'),
  types('clients/core'),
  types('proto'),
  types('scripts'),
  { name: 'dead code', program: 'knip/bin/knip.js', args: ['--no-progress'] },
  {
    name: 'imports',
    program: 'dependency-cruiser/bin/dependency-cruise.mjs',
    args: ['--config', '.dependency-cruiser.mjs', 'proto', 'hub', 'clients', 'test', 'scripts'],
  },
  { name: 'formatting', program: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level=warn', '.'] },
];

try {
  await setUpForChecks();
  const waiting = [...checks];
  const lanes = Array.from({ length: Math.max(2, availableParallelism()) }, () => workOff(waiting));
  const failed = (await Promise.all(lanes)).reduce((sum, count) => sum + count, 0);
  console.log(failed === 0 ? 'All checks passed.' : `${failed} of ${checks.length} checks failed.`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  process.exitCode = reportFailure(error);
}

/**
 * @param {typeof checks} waiting
 * @returns {Promise<number>} how many failed
 */
async function workOff(waiting) {
  let failed = 0;
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    if (!(await run(check))) failed += 1;
  }
  return failed;
}

/** @param {(typeof checks)[number]} check */
async function run({ name, program, args }) {
  const begun = performance.now();
  const file = join(repository, 'node_modules', program);
  const { ok, output } = await runProgram(process.execPath, [file, ...args], { cwd: repository });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${ok ? 'passed' : 'FAILED'}  ${name} (${seconds} s)${ok ? '' : `\n${output.trimEnd()}`}`);
  return ok;
}
