/** Which running kernel a command means: by its id or the beginning of it, or by its connection file. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { HubClient } from '@cokernel/core';
import type { KernelId, RunningKernelView } from '@cokernel/proto/hub';
import { CliError, exitCodes } from './cli-error.js';

/** Throws `CliError` unless exactly one kernel is meant. */
export async function namedKernel(client: HubClient, id: string): Promise<RunningKernelView> {
  const kernels = await client.runningKernels();
  const meant = kernels.filter(({ kernelId }) => kernelId === id || kernelId.startsWith(id));
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  const why = meant.length === 0 ? `no kernel '${id}' runs` : `'${id}' begins ${String(meant.length)} kernels' ids`;
  throw new CliError(exitCodes.usage, `${why}; \`cokernel kernels\` lists them`);
}

/** The kernel of a connection file, which the hub attaches to. */
export async function existingKernel(client: HubClient, file: string): Promise<KernelId> {
  return (await client.attachExisting(connectionFile(file, process.env))).kernelId;
}

/** A path, or the bare name of a file in Jupyter's runtime folder, as Jupyter's own `--existing` takes it. */
function connectionFile(file: string, env: NodeJS.ProcessEnv): string {
  const path = resolve(file);
  if (existsSync(path) || file.includes('/')) return path;
  return (
    runtimeFolders(env)
      .map((folder) => join(folder, file))
      .find(existsSync) ?? path
  );
}

function runtimeFolders(env: NodeJS.ProcessEnv): string[] {
  const data = env['JUPYTER_DATA_DIR'] ?? join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'jupyter');
  const mac = join(homedir(), 'Library', 'Jupyter', 'runtime');
  const named = env['JUPYTER_RUNTIME_DIR'];
  return [...(named === undefined ? [] : [named]), join(data, 'runtime'), mac];
}
