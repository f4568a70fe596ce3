/** Kernelspecs in a folder of their own, so that a test depends on no kernel that happens to be installed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './repository.js';
import type { Scratch } from './scratch.js';

/** Python by COKERNEL_TEST_PYTHON, which has ipykernel. Answers the folder for JUPYTER_PATH. */
export function pythonKernelspec(scratch: Scratch): string {
  const python = process.env['COKERNEL_TEST_PYTHON'];
  if (python === undefined)
    throw new Error('COKERNEL_TEST_PYTHON must name a Python with ipykernel; npm test sets it.');
  const jupyter = scratch.make('jupyter');
  const folder = join(jupyter, 'kernels', 'python3');
  mkdirSync(folder, { recursive: true });
  const argv = [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'];
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify({ argv, display_name: 'Python 3', language: 'python' }));
  return jupyter;
}

/** Deno as its own installer writes it: it takes its place from XDG_DATA_HOME. */
export function denoKernelspec(scratch: Scratch): string {
  const data = scratch.make('xdg');
  const env = { ...process.env, XDG_DATA_HOME: data, HOME: data, DENO_DIR: scratch.make('deno'), NODE_OPTIONS: '' };
  execFileSync(process.execPath, [repository.deno, 'jupyter', '--install'], { env, stdio: 'pipe' });
  return join(data, 'jupyter');
}
