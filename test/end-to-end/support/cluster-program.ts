/** `npm run cluster` as a person types it: Redis, keeper, hubs and nginx, each started again when it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { processesOf } from './processes.js';
import { repository } from './repository.js';
import type { Scratch } from './scratch.js';
import { until } from './until.js';

export interface ClusterProgramOptions {
  readonly served: string;
  readonly kernelspecs: string;
  readonly leaseMs: number;
}

const TOKEN = 'end-to-end-token';

export class ClusterProgram {
  private constructor(
    private readonly child: ChildProcess,
    private readonly options: ClusterProgramOptions,
    private readonly folder: string,
    /** The proxy's, without the token. */
    readonly url: string,
    /** The hubs' own. */
    readonly hubUrls: readonly string[],
  ) {}

  /** Resolves when it has told its address. */
  static async start(scratch: Scratch, options: ClusterProgramOptions): Promise<ClusterProgram> {
    const folder = scratch.make('cluster');
    const own = { COKERNEL_DATA: scratch.make('data'), JUPYTER_PATH: options.kernelspecs };
    const { REDIS_URL: _outer, NODE_OPTIONS: _jest, ...outer } = process.env;
    const args = ['--port', String(await freePort()), '--token', TOKEN, '--lease-ms', String(options.leaseMs)];
    const program = [`${repository.root}scripts/cluster.mjs`, options.served, ...args, '--data', folder];
    const child = spawn(process.execPath, program, { cwd: repository.root, env: { ...outer, ...own } });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const told = await until('the cluster to tell its address', () => said.includes('Ctrl-C stops') && said, {
      withinMs: 120_000,
      state: () => said,
    });
    const [url = '', ...hubUrls] = [...told.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([address]) => address);
    const cluster = new ClusterProgram(child, options, folder, url, hubUrls);
    scratch.atEnd(() => cluster.stop().then(() => undefined));
    return cluster;
  }

  pageUrl(path: string, person: string): string {
    return `${this.url}/notebooks/${path}?token=${TOKEN}&name=${encodeURIComponent(person)}`;
  }

  /** For a client that goes past the proxy. */
  hubPageUrl(hubUrl: string, path: string): string {
    return `${hubUrl}/notebooks/${path}?token=${TOKEN}`;
  }

  /** The address of the hub that began to lead last. */
  leader(): string {
    const terms = this.hubUrls.flatMap((url, index) => {
      const lines = this.said(`hub-${'abcde'[index] ?? ''}`).split('\n');
      return lines.flatMap((line) => {
        const [, fence, what] = /"fence":(\d+),.*"msg":"(this hub leads its folder)"/.exec(line) ?? [];
        return what === undefined ? [] : [{ url, fence: Number(fence) }];
      });
    });
    const last = terms.reduce((latest, term) => (term.fence > latest.fence ? term : latest), { url: '', fence: 0 });
    return last.url;
  }

  /** How the proxy's hubs answer a request to that path. */
  async status(path: string): Promise<number> {
    return (await fetch(`${this.url}${path}?token=${TOKEN}`)).status;
  }

  /** Whether each hub can serve. */
  async isWhole(): Promise<boolean> {
    const answers = this.hubUrls.map((url) =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return (await Promise.all(answers)).every(Boolean);
  }

  /** Signals the hub at that address, as it runs now; it is started again. Resolves when it is gone. */
  async endHub(url: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const port = url.split(':').at(-1) ?? '';
    const running = () => processesOf(this.options.served).find(({ command }) => command.includes(`--port ${port} `));
    const pid = running()?.pid;
    if (pid === undefined) throw new Error(`no hub runs at ${url}`);
    process.kill(pid, signal);
    await until('the hub to be gone', () => running()?.pid !== pid);
  }

  /** As Ctrl-C does; resolves with the exit code. Can be called twice. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGINT');
    await gone;
    return this.child.exitCode;
  }

  private said(name: string): string {
    const file = join(this.folder, 'logs', `${name}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }
}
