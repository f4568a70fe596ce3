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
import { findOlderKernel } from './older-kernel.mjs';
import { findOrMakeKernel } from './python-kernel.mjs';
import { runStep, say, SetUpError } from './report.mjs';
import { findClusterPrograms, findTestPrograms, programPath } from './test-programs.mjs';

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
    const { python, detail } = await prepareKernel(dataFolder(process.env), ['ipykernel']);
    if (python === null) say(detail.replace('\n', '\nset-up  '));
    const { folder } = await runStep('notebooks', () => fillNotebooks(repository));
    return { notebooks: folder };
  });
}

/**
 * All that many hubs need: what one needs, their Redis and their proxy.
 * @returns {Promise<{ notebooks: string }>}
 */
export async function setUpForCluster() {
  const found = await setUpForStart();
  await locked(() => runStep('programs', () => findClusterPrograms(programPath)));
  return found;
}

/**
 * What the tests' Python has: the newer generation of the kernel, a writer of notebooks, a remote engine, the
 * conformance suite of kernels, and the shared documents of Jupyter's own server (of the version of `@jupyter/ydoc`);
 * those whose behaviour the tests state in detail in one exact version.
 */
const testPackages = [
  ...['ipykernel~=7.0', 'nbformat==5.11.1', 'jupyter_server==2.21.1', 'jupyter_kernel_test==0.7.0'],
  ...['jupyter_ydoc==4.2.0', 'pycrdt==0.14.13'],
];

/**
 * All that the tests need; what is missing and can't be installed is an error, but for the older kernel, without which
 * some tests are left out. Python packages for the tests lie apart from the person's own environment.
 * @returns {Promise<{ python: string, olderPython: string | null }>} two Pythons: with the packages above, and with ipykernel 6
 */
export async function setUpForTests() {
  return locked(async () => {
    await preparePackages();
    await runStep('build', () => build(repository));
    const { python, detail } = await prepareKernel(join(dataFolder(process.env), 'tests'), testPackages);
    if (python === null) throw new SetUpError(...twoLines(detail));
    await runStep('programs', () => findTestPrograms(programPath));
    const { python: olderPython } = await runStep('older kernel', () => findOlderKernel());
    return { python, olderPython };
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

/**
 * @param {string} data where the environment is made and what was found is noted
 * @param {readonly string[]} packages
 */
function prepareKernel(data, packages) {
  makeDataFolder(data);
  return runStep('kernel', () => findOrMakeKernel({ data, env: process.env, packages }));
}

/** @param {string} text @returns {[string, string]} */
function twoLines(text) {
  const [problem = '', remedy = ''] = text.split('\n');
  return [problem, remedy];
}
