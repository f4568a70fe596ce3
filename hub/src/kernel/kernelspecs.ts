/**
 * Finds the kernelspecs of this machine (J13). The first of a name wins; one that can't be read or is not a
 * kernelspec is skipped and logged, and never hides a good one of the same name further down.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode } from './error-code.js';
import type { KernelSpec } from './kernel-host.js';
import type { Log } from './log.js';

const KERNEL_NAME = /^[a-z0-9._-]+$/;

const KernelJson = z.object({
  argv: z.array(z.string()).nonempty(),
  display_name: z.string().min(1),
  language: z.string().catch(''),
  env: z.record(z.string(), z.string()).default({}),
  interrupt_mode: z.enum(['signal', 'message']).default('signal'),
  metadata: z.record(z.string(), z.unknown()).default({}),
});

/** `dataDirs` in order of preference, as `jupyterDataDirs` gives them. */
export async function findKernelSpecs(dataDirs: readonly string[], log: Log): Promise<readonly KernelSpec[]> {
  const found = new Map<string, KernelSpec>();
  for (const dataDir of dataDirs) {
    const kernels = join(dataDir, 'kernels');
    for (const entry of await entriesOf(kernels, log)) {
      const name = entry.toLowerCase();
      if (found.has(name) || !KERNEL_NAME.test(name)) continue;
      const spec = await readKernelSpec(name, join(kernels, entry), log);
      if (spec !== null) found.set(name, spec);
    }
  }
  return [...found.values()];
}

async function entriesOf(folder: string, log: Log): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder);
    return entries.sort();
  } catch (error) {
    if (!isMissing(error)) log('warn', 'a folder of kernelspecs was skipped', { folder, reason: String(error) });
    return [];
  }
}

async function readKernelSpec(name: string, resourceDir: string, log: Log): Promise<KernelSpec | null> {
  try {
    const text = await readFile(join(resourceDir, 'kernel.json'), 'utf8');
    const spec = KernelJson.parse(JSON.parse(text));
    return {
      name,
      displayName: spec.display_name,
      language: spec.language,
      argv: spec.argv,
      env: spec.env,
      interruptMode: spec.interrupt_mode,
      metadata: spec.metadata,
      resourceDir,
    };
  } catch (error) {
    if (!isMissing(error)) log('warn', 'a kernelspec was skipped', { resourceDir, reason: String(error) });
    return null;
  }
}

/** A folder that is not there, or one without kernel.json, is nothing to tell. */
function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
