/** A real hub as its own process, on a folder and a data folder of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCodeCell, makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { CellId, RunningKernelView } from '@cokernel/proto/hub';
import { z } from 'zod';
import { type ScratchFolder, scratchFolder } from './scratch-folder.js';
import { hubProgram } from '../../../test/end-to-end/support/programs.js';
import { waitUntil } from './wait-until.js';

export const TOKEN = 'test-token';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface HubPlace {
  readonly served: string;
  readonly data: string;
  remove(): Promise<void>;
}

/** Where one or more hubs of a test live, one after the other. */
export async function hubPlace(): Promise<HubPlace> {
  const scratch: ScratchFolder = await scratchFolder();
  const place = { served: path.join(scratch.path, 'served'), data: path.join(scratch.path, 'data') };
  await mkdir(place.served);
  return { ...place, remove: () => scratch.remove() };
}

/** Writes a notebook of code cells, named `c0`, `c1`, …. */
export async function writeCells(place: HubPlace, name: string, ...sources: readonly string[]): Promise<void> {
  const cells = sources.map((source, index) => ({ ...makeCodeCell(source), id: CellId.parse(`c${String(index)}`) }));
  await writeFile(path.join(place.served, name), writeNotebook(makeNotebook(cells)));
}

export const readServed = (place: HubPlace, name: string): Promise<string> =>
  readFile(path.join(place.served, name), 'utf8');

export interface EndedHub {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestHub {
  /** Without the token. */
  readonly url: string;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** With the token, and JSON in and out. */
  rest(method: string, address: string, body?: unknown): Promise<{ readonly status: number; readonly json: unknown }>;
  /** As Ctrl-C does (SIGINT: kernels end too), or a service manager (SIGTERM). Can be called twice. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<EndedHub>;
}

/** A hub that ends by itself: what it said. */
export async function runHub(place: HubPlace, args: readonly string[]): Promise<EndedHub> {
  const { child, said } = spawnHub(place, args);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

/** `more`: further environment of the process. */
export async function startHub(
  place: HubPlace,
  args: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
): Promise<TestHub> {
  const { child, said } = spawnHub(place, [place.served, '--port', '0', '--token', TOKEN, '--no-open', ...args], more);
  const url = (): string | undefined => /^ {2}(http:\S+)\/\?token=/m.exec(said.stdout)?.[1];
  await waitUntil('the hub prints its URL', () => {
    if (child.exitCode !== null) throw new Error(`the hub ended with ${String(child.exitCode)}: ${said.stderr}`);
    return url() !== undefined;
  });
  const address = url() ?? '';
  return {
    url: address,
    pid: child.pid ?? 0,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    rest: (method, target, body) => rest(`${address}${target}`, method, body),
    stop: async (signal = 'SIGINT') => {
      await endOf(child, signal);
      return { code: child.exitCode, ...said };
    },
  };
}

/** The kernels that run, as a hub lists them. */
export async function kernelsOf(hub: TestHub): Promise<readonly RunningKernelView[]> {
  return z.array(RunningKernelView).parse((await hub.rest('GET', '/api/hub/kernels')).json);
}

/** Waits for a hub that ends by itself. */
export function hubEnds(hub: TestHub): Promise<void> {
  const isGone = (): Promise<boolean> =>
    hub.rest('GET', '/api').then(
      () => false,
      () => true,
    );
  return waitUntil('the hub has ended', isGone);
}

function spawnHub(place: HubPlace, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const { NODE_OPTIONS: _jest, REDIS_URL: _redis, COKERNEL_TOKEN: _token, ...outer } = process.env;
  const child = spawn(process.execPath, [...hubProgram, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...outer, COKERNEL_DATA: place.data, JUPYTER_PATH: kernelspecs(), ...more },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  return { child, said };
}

/** The kernelspecs of the Python that the tests were given. */
function kernelspecs(): string {
  const python = process.env['COKERNEL_TEST_PYTHON'];
  const found =
    python === undefined ? process.env['JUPYTER_PATH'] : path.join(path.dirname(python), '..', 'share', 'jupyter');
  if (found === undefined) throw new Error('COKERNEL_TEST_PYTHON must name a Python with ipykernel; npm test sets it.');
  return found;
}

async function rest(url: string, method: string, body: unknown): Promise<{ status: number; json: unknown }> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `token ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
}

async function endOf(child: ChildProcess, signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill(signal);
  await gone;
}
