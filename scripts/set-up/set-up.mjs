/**
 * What `start`, `test` and `check` share: each takes the steps it needs, in this order, and a step that finds its work
 * done says so at once. Nothing here asks a question.
 */
import { join } from 'node:path';
import { build } from './build.mjs';
import { fillNotebooks } from './example-notebooks.mjs';
import { withLock } from './lock.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { installPackages } from './packages.mjs';
import { dataFolder, makeDataFolder, repository } from './paths.mjs';
import { findOrMakeKernel } from './python-kernel.mjs';
import { runStep, say, SetUpError } from './report.mjs';
import { findTestPrograms } from './test-programs.mjs';

/** Packages only: all that the checks need. */
export async function setUpForChecks() {
  await locked(preparePackages);
}

/**
 * All that the hub needs. A missing Python kernel is told and does not stop it: the page says so too.
 * @returns {Promise<{ notebooks: string }>} the folder to serve when none is named
 */
export async function setUpForStart() {
  return locked(async () => {
    await preparePackages();
    await runStep('build', () => build(repository));
    const { python, detail } = await prepareKernel([]);
    if (python === null) say(detail.replace('\n', '\nset-up  '));
    const { folder } = await runStep('notebooks', () => fillNotebooks(repository));
    return { notebooks: folder };
  });
}

/**
 * All that the tests need; what is missing and can't be installed is an error.
 * @returns {Promise<{ python: string }>} a Python with ipykernel and nbformat
 */
export async function setUpForTests() {
  return locked(async () => {
    await preparePackages();
    await runStep('build', () => build(repository));
    const { python, detail } = await prepareKernel(['nbformat']);
    if (python === null) throw new SetUpError(...twoLines(detail));
    await runStep('programs', () => findTestPrograms(process.env['PATH']));
    return { python };
  });
}

/** @template T @param {() => Promise<T>} work */
function locked(work) {
  checkNodeVersion(process.versions.node);
  return withLock(join(repository, '.cache', 'set-up.lock'), work);
}

function preparePackages() {
  return runStep('packages', () => installPackages(repository, process.env));
}

/** @param {readonly string[]} modules */
function prepareKernel(modules) {
  const data = dataFolder(process.env);
  makeDataFolder(data);
  return runStep('kernel', () => findOrMakeKernel({ data, env: process.env, modules }));
}

/** @param {string} text @returns {[string, string]} */
function twoLines(text) {
  const [problem = '', remedy = ''] = text.split('\n');
  return [problem, remedy];
}
