/** `cokernel serve` and `cokernel stop`: the hub's beginning and end. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HubClient, StopAnswer } from '@cokernel/core';
import { HubError } from '@cokernel/core';
import { CliError, exitCodes } from '../cli-error.js';
import { safeLine } from '../text/terminal-text.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the hub with these arguments until it ends; resolves with its exit code. */
export async function serve(hubProgram: URL, args: readonly string[]): Promise<number> {
  if (!existsSync(hubProgram)) {
    throw new CliError(exitCodes.usage, 'the hub is not built yet: run `npm start` once in the clone');
  }
  const hub = spawn(process.execPath, [fileURLToPath(hubProgram), ...args], { stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals) => {
    // Ctrl-C at a terminal reaches the hub itself; passed on, it would be its second, which means 'at once'.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) hub.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    return await new Promise((resolve, reject) => {
      hub.once('error', reject);
      hub.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

/** Far longer than a hub takes to save its notebooks. */
const STOP_PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** Asks the hub to end, says what ends with it, and waits until it no longer answers. */
export async function stop(
  client: HubClient,
  kernels: StopAnswer['kernels'] | undefined,
  say: (line: string) => void,
): Promise<string> {
  const { runs, kernels: fate } = await client.stop(kernels);
  for (const run of runs) say(`ends ${endingText(run)}`);
  if (fate === 'keep') say('its kernels go on for the next hub of this folder');
  const until = Date.now() + STOP_PATIENCE_MS;
  while (Date.now() < until) {
    if (await isGone(client)) return `the hub at ${client.address.url} has ended`;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new CliError(exitCodes.hub, `the hub at ${client.address.url} was asked to end, but still answers`);
}

function endingText({ author, notebook, code, waiting }: StopAnswer['runs'][number]): string {
  const where = notebook === null ? 'outside a notebook' : `in ${notebook}`;
  const what = code === null ? '' : `: ${code}`;
  const behind = waiting === 0 ? '' : ` (and ${String(waiting)} that ${waiting === 1 ? 'waits' : 'wait'})`;
  return safeLine(`${author}'s run ${where}${what}${behind}`);
}

async function isGone(client: HubClient): Promise<boolean> {
  try {
    await client.status();
    return false;
  } catch (error) {
    return error instanceof HubError && error.kind === 'unreachable';
  }
}
