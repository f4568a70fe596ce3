/**
 * From a kernelspec to what the keeper starts: fills in `{resource_dir}` and `{prefix}` (J13), and finds the Python
 * that a spec means by a bare `python`: the one it was installed with, as Jupyter's own programs do.
 */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from './keeper-protocol.js';
import type { KernelSpec } from './kernel-host.js';

const BARE_PYTHON = /^python(3(\.\d+)?)?$/;
const IN_PREFIX = /^(.*)\/share\/jupyter\/kernels\/[^/]+$/;

export async function launchOf(spec: KernelSpec): Promise<Launch> {
  const prefix = IN_PREFIX.exec(spec.resourceDir)?.[1] ?? null;
  const fill = (text: string) => {
    const filled = text.replaceAll('{resource_dir}', spec.resourceDir);
    return prefix === null ? filled : filled.replaceAll('{prefix}', prefix);
  };
  const [program = '', ...rest] = spec.argv;
  const argv: [string, ...string[]] = [await programOf(fill(program), prefix), ...rest.map(fill)];
  return { argv, env: { ...spec.env }, interruptMode: spec.interruptMode };
}

async function programOf(program: string, prefix: string | null): Promise<string> {
  if (prefix === null || !BARE_PYTHON.test(program)) return program;
  const ofPrefix = join(prefix, 'bin', program);
  return (await isExecutable(ofPrefix)) ? ofPrefix : program;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
