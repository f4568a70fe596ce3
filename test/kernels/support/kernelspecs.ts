/** The kernelspecs of every kernel that the tests know, in one folder for JUPYTER_PATH. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { denoKernelspec } from '../../end-to-end/support/kernelspecs.js';
import { repository } from '../../end-to-end/support/repository.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';

/** Answers the folder. ipykernel 6 is there when COKERNEL_TEST_PYTHON_6 names a Python that has it. */
export function allKernelspecs(scratch: Scratch): string {
  const jupyter = scratch.make('jupyter');
  const older = process.env['COKERNEL_TEST_PYTHON_6'];
  writeKernelspec(jupyter, 'ipykernel7', python(process.env['COKERNEL_TEST_PYTHON'] ?? 'python3'));
  if (older !== undefined) writeKernelspec(jupyter, 'ipykernel6', python(older));
  writeKernelspec(jupyter, 'deno', deno(scratch));
  writeKernelspec(jupyter, 'tslab', tslab());
  return jupyter;
}

/** Beside what is given: names, and a variable that a program can look for. */
export function writeKernelspec(jupyter: string, name: string, spec: object): void {
  const folder = join(jupyter, 'kernels', name);
  mkdirSync(folder, { recursive: true });
  const env = { MATRIX: `${name} of \${HOME}`, NODE_OPTIONS: '' };
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify({ display_name: name, language: 'none', env, ...spec }));
}

function python(program: string): object {
  return { argv: [program, '-m', 'ipykernel_launcher', '-f', '{connection_file}'], language: 'python' };
}

/** As its installer writes it, but for how it is interrupted: it names no way, which means a signal, of which it dies. */
function deno(scratch: Scratch): object {
  const file = join(denoKernelspec(scratch), 'kernels', 'deno', 'kernel.json');
  const installed: object = JSON.parse(readFileSync(file, 'utf8'));
  return { ...installed, interrupt_mode: 'message' };
}

/** By hand: its own installer wants Python's Jupyter. */
function tslab(): object {
  const program = join(repository.root, 'node_modules', 'tslab', 'bin', 'tslab');
  return { argv: [process.execPath, program, 'kernel', '--config-path', '{connection_file}'], language: 'typescript' };
}
