/**
 * Finds the kernelspecs of Python on this machine, in the order in which the hub finds them (J13): JUPYTER_PATH, the
 * data folder's own `.venv`, the user's folders, the Python prefixes on PATH, the system's.
 */
import { readdirSync, statSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { findProgram } from './run-program.mjs';
import { readText } from './stamp.mjs';
import { isNativeError } from 'node:util/types';

/**
 * @typedef {object} PythonKernel
 * @property {string} folder that holds kernel.json
 * @property {string} python the program that it starts, absolute
 */

/**
 * @param {string} data the data folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {readonly PythonKernel[]}
 */
export function findPythonKernels(data, env) {
  return jupyterFolders(data, env)
    .flatMap((folder) => childrenOf(join(folder, 'kernels')))
    .flatMap((folder) => readPythonKernel(folder, env) ?? []);
}

/**
 * @param {string} data
 * @param {NodeJS.ProcessEnv} env
 */
function jupyterFolders(data, env) {
  const home = env['HOME'] ?? homedir();
  const xdg = env['XDG_DATA_HOME'] ?? join(home, '.local', 'share');
  const user = platform() === 'darwin' ? join(home, 'Library', 'Jupyter') : join(xdg, 'jupyter');
  const prefixes = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [
    ...(env['JUPYTER_PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    join(virtualEnvironment(data), 'share', 'jupyter'),
    env['JUPYTER_DATA_DIR'] ?? user,
    ...prefixes.map((folder) => join(dirname(folder), 'share', 'jupyter')),
    '/usr/local/share/jupyter',
    '/usr/share/jupyter',
  ];
}

/**
 * The Python environment that set-up makes when it finds no Python kernel.
 * @param {string} data the data folder
 */
export function virtualEnvironment(data) {
  return join(data, '.venv');
}

/** @param {string} folder */
function childrenOf(folder) {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {PythonKernel | null}
 */
function readPythonKernel(folder, env) {
  const text = readText(join(folder, 'kernel.json'));
  if (text === null) return null;
  const spec = parse(text);
  const program = spec?.argv?.[0];
  // Other kernels of Python (xeus) do not bring the client by which the probe asks.
  if (typeof program !== 'string' || !spec?.argv?.join(' ').includes('ipykernel')) return null;
  const python = isAbsolute(program) ? program : findPython(program, folder, env);
  return python === null ? null : { folder, python };
}

/**
 * A bare `python` means the Python that the kernelspec was installed with, where it lies in such a prefix.
 * @param {string} name
 * @param {string} folder `<prefix>/share/jupyter/kernels/<name>`, or any other
 * @param {NodeJS.ProcessEnv} env
 */
function findPython(name, folder, env) {
  return findProgram(name, join(folder, '..', '..', '..', '..', 'bin')) ?? findProgram(name, env['PATH']);
}

/**
 * @param {string} text
 * @returns {{ argv?: string[] } | null} null when it is no JSON: the hub will name that file
 */
function parse(text) {
  try {
    /** @type {unknown} */
    const spec = JSON.parse(text);
    return typeof spec === 'object' && spec !== null ? spec : null;
  } catch (error) {
    if (isNativeError(error)) return null;
    throw error;
  }
}
