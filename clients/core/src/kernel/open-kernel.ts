/** Opens a kernel's connection with what the caller left out: the login name, and a session of its own. */
import { uuidv4 } from 'lib0/random';
import { loginName } from '#login-name';
import { HubKernel, type HubKernelOptions } from './hub-kernel.js';
import type { ConnectKernel, Kernel } from './kernel.js';

type OpenKernel = ConnectKernel & Omit<HubKernelOptions, 'session' | 'username'>;

/** Resolves when it is connected. Rejects with HubError. */
export async function openKernel(open: OpenKernel): Promise<Kernel> {
  const { session = uuidv4(), username = loginName(), ...options } = open;
  const kernel = new HubKernel({ ...options, session, username });
  await kernel.start();
  return kernel;
}
