/** A hub as users run it, for a bench: its own process by its built entry point, with a data folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HubAddress } from '@cokernel/core';

const ENTRY = fileURLToPath(new URL('../hub/dist/main.js', import.meta.url));
const TOKEN = 'bench';

export interface BenchHub {
  readonly address: HubAddress;
  readonly pid: number;
  stop(): Promise<void>;
}

/** `keptData`: of a hub before, and not to be removed with this one. `env`: beside that of this program. */
export async function startHub(
  folder: string,
  keptData?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<BenchHub> {
  const data = keptData ?? (await mkdtemp(path.join(os.tmpdir(), 'bench-data-')));
  const child = spawn(process.execPath, [ENTRY, folder, '--port', '0', '--token', TOKEN, '--no-open'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env, COKERNEL_DATA: data, NODE_OPTIONS: '' },
  });
  const url = await firstUrl(child.stdout);
  return {
    address: { url, token: TOKEN },
    pid: child.pid ?? 0,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGINT');
      await gone;
      if (keptData === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

async function firstUrl(stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const url = /https?:\/\/[\w.:[\]-]+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('the hub ended before it printed its URL');
}
