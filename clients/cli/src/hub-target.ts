/** Which hub, and maybe which notebook, a command means: by options, environment, a pasted URL, or the hub that runs. */
import { existsSync, realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { HubAddress } from '@cokernel/core';
import { HubClient, readPastedUrl } from '@cokernel/core';
import { CliError, exitCodes } from './cli-error.js';
import { dataFolder } from './data-folder.js';
import { chooseHub, contains, runningHubs } from './running-hubs.js';

/** The options that every command takes. */
export interface HubOptions {
  readonly hub?: string;
  readonly token?: string;
}

export interface HubTarget {
  readonly client: HubClient;
  /** Relative to the served folder; null when the argument names none. */
  readonly notebook: string | null;
}

/** `argument`: a URL (hub, token and notebook at once), a notebook's path, or nothing. */
export async function hubTarget(options: HubOptions, argument?: string): Promise<HubTarget> {
  const pasted = argument === undefined ? null : readPastedUrl(argument);
  if (pasted !== null) {
    const token = pasted.address.token ?? options.token ?? process.env['COKERNEL_TOKEN'];
    return { client: clientOf(pasted.address.url, token), notebook: pasted.notebook };
  }
  const client = await chosenClient(options);
  return { client, notebook: argument === undefined ? null : await notebookPath(client, argument) };
}

/** As hubTarget, for a command that needs a notebook. */
export async function notebookTarget(
  command: string,
  options: HubOptions,
  argument: string,
): Promise<HubTarget & { readonly notebook: string }> {
  const { client, notebook } = await hubTarget(options, argument);
  if (notebook === null) throw new CliError(exitCodes.usage, `${command}: the URL names no notebook`);
  return { client, notebook };
}

async function chosenClient(options: HubOptions): Promise<HubClient> {
  const url = options.hub ?? process.env['COKERNEL_HUB'];
  if (url === undefined) return runningClient(options.token);
  const pasted = readPastedUrl(url);
  if (pasted === null) throw new CliError(exitCodes.usage, `--hub: '${url}' is not an http or https URL`);
  return clientOf(pasted.address.url, options.token ?? pasted.address.token ?? process.env['COKERNEL_TOKEN']);
}

async function runningClient(token: string | undefined): Promise<HubClient> {
  const folder = dataFolder(process.env);
  const hubs = await runningHubs(folder);
  const hub = chooseHub(hubs, process.cwd());
  if (hub === 'none') {
    throw new CliError(
      exitCodes.hub,
      `no hub runs for this user (looked in ${folder}). Start one with \`npm start\`, or give --hub URL --token T.`,
    );
  }
  if (hub === 'several') {
    const list = hubs.map(({ url, folder: served }) => `  ${url}  serves ${served}`).join('\n');
    throw new CliError(exitCodes.usage, `several hubs run; say which with --hub URL:\n${list}`);
  }
  return clientOf(hub.url, token ?? hub.token);
}

function clientOf(url: string, token: string | undefined): HubClient {
  const address: HubAddress = token === undefined ? { url } : { url, token };
  // What a developer should know would stand in the middle of what a person types.
  return new HubClient(address, { log: debugLog });
}

function debugLog(message: string): void {
  if (process.env['COKERNEL_DEBUG']) process.stderr.write(`${message}\n`);
}

/** A path that a shell completed from the current folder counts too, when the hub serves that file. */
async function notebookPath(client: HubClient, argument: string): Promise<string> {
  const absolute = resolve(argument);
  if (!existsSync(absolute)) return argument;
  const { folder } = await client.status();
  const real = realpathSync(absolute);
  const inServed = existsSync(folder) && contains(realpathSync(folder), real);
  return inServed ? relative(realpathSync(folder), real) : argument;
}
