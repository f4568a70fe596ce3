/** The hub as a user runs it: its own process by its built entry point, with its own data folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { repository } from './repository.js';
import type { Scratch } from './scratch.js';
import { until } from './until.js';

export interface HubOptions {
  /** The folder to serve. */
  readonly served: string;
  /** JUPYTER_PATH: where its kernelspecs lie. */
  readonly kernelspecs: string;
  /** Absent: the embedded store. */
  readonly redisUrl?: string;
  /** Where kernels run, with the token that it wants; absent: on this machine. */
  readonly gateway?: { readonly url: string; readonly token: string };
  /** Absent: any that is free. */
  readonly port?: number;
  /** What it says is appended to this file too. */
  readonly log?: string;
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface HubProcess {
  /** Without the token, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** The page of a notebook, with the token and the name of who opens it. */
  pageUrl(path: string, name: string): string;
  /** Stops it as Ctrl-C does and resolves when it is gone. Can be called twice. */
  stop(): Promise<void>;
  /** Resolves when it is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

const token = 'end-to-end-token';

/** Kernels are given 5 s to end by themselves. */
const stopWithinMs = 20_000;

/** Starts a hub and waits until it has printed its URL. A second one on the same scratch finds the first one's data. */
export async function startHub(scratch: Scratch, options: HubOptions): Promise<HubProcess> {
  const port = String(options.port ?? 0);
  const args = [repository.hub, options.served, '--port', port, '--token', token, '--no-open'];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(scratch, options),
  });
  const said = listen(child, options.log);
  const stop = (): Promise<void> => end(child, 'SIGINT');
  scratch.atEnd(stop);
  const url = await until(
    'the hub to print its URL',
    () => {
      const end = child.exitCode ?? child.signalCode;
      if (end !== null) throw new Error(`The hub ended with ${end}:\n${said()}`);
      return /https?:\/\/[\w.:[\]-]+(?=\/\?token=)/.exec(said())?.[0];
    },
    // Loading takes a second, or many on a machine that is busy with other suites.
    { state: said, withinMs: 60_000 },
  );
  return {
    url,
    token,
    pid: child.pid ?? 0,
    pageUrl: (path, name) => `${url}/notebooks/${path}?token=${token}&name=${encodeURIComponent(name)}`,
    stop,
    kill: (signal) => end(child, signal),
  };
}

function environment(scratch: Scratch, options: HubOptions): NodeJS.ProcessEnv {
  const { REDIS_URL: _outer, NODE_OPTIONS: _jest, ...outer } = process.env;
  return {
    ...outer,
    COKERNEL_DATA: scratch.make('data'),
    JUPYTER_PATH: options.kernelspecs,
    ...(options.gateway === undefined
      ? {}
      : { COKERNEL_GATEWAY_URL: options.gateway.url, COKERNEL_GATEWAY_TOKEN: options.gateway.token }),
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
    ...options.env,
  };
}

function listen(child: ChildProcess, log: string | undefined): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (log !== undefined) appendFileSync(log, text);
    });
  }
  return () => said;
}

async function end(child: ChildProcess, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const tooLong = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await gone;
  clearTimeout(tooLong);
  if (signal !== 'SIGKILL' && child.signalCode === 'SIGKILL')
    throw new Error(`The hub did not stop within ${stopWithinMs} ms.`);
}
