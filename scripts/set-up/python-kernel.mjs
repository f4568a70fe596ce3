/**
 * Sees to it that a Python kernel answers. One that is found and answers kernel_info is taken; else the data folder
 * gets its own `.venv` with ipykernel by pip; else, on Debian as root, python3-ipykernel. What was found to answer is
 * noted, and not asked again until its interpreter or its kernelspec changes.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canInstallByApt, installByApt } from './debian.mjs';
import { findPythonKernels, virtualEnvironment } from './kernelspecs.mjs';
import { findProgram, isExecutable, runProgram } from './run-program.mjs';
import { readText, writeStamp } from './stamp.mjs';

/**
 * @typedef {object} KernelNeed
 * @property {string} data the data folder
 * @property {NodeJS.ProcessEnv} env
 * @property {readonly string[]} packages that the kernel's Python must have, as pip takes them: `ipykernel`, `nbformat==5.0`
 */

/**
 * @typedef {object} KernelFound
 * @property {boolean} changed
 * @property {string} detail
 * @property {string | null} python null: there is none, and `detail` says in two lines what to do
 */

const probe = fileURLToPath(new URL('probe_kernel.py', import.meta.url));
const hasPackages = fileURLToPath(new URL('has_packages.py', import.meta.url));

/**
 * @param {KernelNeed} need
 * @returns {Promise<KernelFound>}
 */
export async function findOrMakeKernel(need) {
  const known = readNote(need);
  if (known !== null) return { changed: false, detail: known, python: known };
  const found = await firstThatAnswers(need);
  if (found !== null) return { changed: true, detail: `${found} answers`, python: found };
  for (const make of [makeVirtualEnvironment, installFromDebian]) {
    const made = (await make(need)) ? await firstThatAnswers(need) : null;
    if (made !== null) return { changed: true, detail: `${made} made and answers`, python: made };
  }
  return { changed: false, python: null, detail: remedy(need) };
}

/** @param {KernelNeed} need */
function remedy({ packages }) {
  const system = packages.length > 1 ? '' : ' (or install python3-ipykernel)';
  return [
    `No Python kernel ${packages.length > 1 ? 'with what the tests need ' : ''}answers, and none could be installed here.`,
    `Run \`python3 -m pip install ${packages.join(' ')}\` for a Python of yours${system}, then start again.`,
  ].join('\n');
}

/**
 * @param {KernelNeed} need
 * @returns {Promise<string | null>}
 */
async function firstThatAnswers(need) {
  for (const { folder, python } of findPythonKernels(need.data, need.env)) {
    const { env } = need;
    if (!(await runProgram(python, [hasPackages, ...need.packages], { env, timeoutMs: 60_000 })).ok) continue;
    if (!(await runProgram(python, [probe, folder], { env, timeoutMs: 90_000 })).ok) continue;
    writeStamp(noteFile(need), JSON.stringify({ folder, python, mark: mark(need, folder, python) }));
    return python;
  }
  return null;
}

/** @param {KernelNeed} need */
function noteFile(need) {
  return join(need.data, 'python-kernel.json');
}

/**
 * The kernel that answered last time, if nothing about it or before it has changed since.
 * @param {KernelNeed} need
 * @returns {string | null}
 */
function readNote(need) {
  const text = readText(noteFile(need));
  if (text === null) return null;
  /** @type {{ folder: string, python: string, mark: string }} */
  const { folder, python, mark: noted } = JSON.parse(text);
  const stillFound = findPythonKernels(need.data, need.env).some((kernel) => kernel.folder === folder);
  return stillFound && mark(need, folder, python) === noted ? python : null;
}

/**
 * @param {KernelNeed} need
 * @param {string} folder
 * @param {string} python
 */
function mark({ packages }, folder, python) {
  const times = [python, join(folder, 'kernel.json')].map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs);
  return [...packages, ...times].join(' ');
}

/**
 * @param {KernelNeed} need
 * @returns {Promise<boolean>}
 */
async function makeVirtualEnvironment(need) {
  const folder = virtualEnvironment(need.data);
  const python = join(folder, 'bin', 'python');
  if (!isExecutable(python) && !(await makeEmptyEnvironment(folder, need.env))) return false;
  process.stderr.write(`set-up  kernel: pip install ${need.packages.join(' ')} into ${folder} …\n`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries=1', ...need.packages];
  const { ok, output } = await runProgram(python, pip, { env: need.env });
  if (!ok) process.stderr.write(`${output.trimEnd().split('\n').slice(-2).join('\n')}\n`);
  return ok;
}

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 */
async function makeEmptyEnvironment(folder, env) {
  // --clear: what a former attempt left half made is no environment.
  const args = ['-m', 'venv', '--clear', folder];
  const tried = findProgram('python3', env['PATH']);
  if (tried !== null && (await runProgram(tried, args, { env })).ok) return true;
  if (!canInstallByApt() || !(await installByApt(['python3', 'python3-venv']))) return false;
  return (await runProgram('/usr/bin/python3', args, { env })).ok;
}

async function installFromDebian() {
  return canInstallByApt() && (await installByApt(['python3-ipykernel']));
}
