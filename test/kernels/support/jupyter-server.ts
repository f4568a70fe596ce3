/** A plain Jupyter Server from PyPI, as its own process with settings of its own: what a client meets that is not our hub. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { HubAddress } from '@cokernel/core';
import { kernelTransport } from '../../end-to-end/support/kernel-transport.js';
import { freePort } from '../../end-to-end/support/free-port.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { until } from '../../end-to-end/support/until.js';

/** Starts one with the kernelspecs of `jupyter` (for JUPYTER_PATH) and resolves when it answers. */
export async function startJupyterServer(scratch: Scratch, jupyter: string): Promise<HubAddress & { token: string }> {
  const python = process.env['COKERNEL_TEST_PYTHON'];
  if (python === undefined) throw new Error('COKERNEL_TEST_PYTHON must name a Python with jupyter_server.');
  const address = { url: `http://127.0.0.1:${await freePort()}`, token: 'jupyter-token' };
  const child = spawn(python, argumentsFor(address, scratch.make('jupyter-root')), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...ownSettings(scratch.make('jupyter-settings')), JUPYTER_PATH: jupyter },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  scratch.atEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  });
  await until('the Jupyter Server to answer', () => answers(address.url), { withinMs: 60_000, state: () => said });
  return address;
}

function argumentsFor({ url, token }: { readonly url: string; readonly token: string }, root: string): string[] {
  const settings = {
    ...{ port: new URL(url).port, ip: '127.0.0.1', root_dir: root },
    ...{ open_browser: 'False', port_retries: '0', allow_root: 'True' },
  };
  const flags = Object.entries(settings).map(([name, value]) => `--ServerApp.${name}=${value}`);
  const rest = [`--KernelManager.transport=${kernelTransport}`, `--IdentityProvider.token=${token}`];
  return ['-m', 'jupyter_server', ...flags, ...rest];
}

/** Nothing of the person's who runs the tests is read or written. */
function ownSettings(folder: string): Record<string, string> {
  const below = (name: string): string => join(folder, name);
  return {
    HOME: folder,
    JUPYTER_CONFIG_DIR: below('config'),
    JUPYTER_DATA_DIR: below('data'),
    JUPYTER_RUNTIME_DIR: below('runtime'),
    IPYTHONDIR: below('ipython'),
    JUPYTER_NO_CONFIG: '1',
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/api`).then(
    (response) => response.ok,
    () => false,
  );
}
