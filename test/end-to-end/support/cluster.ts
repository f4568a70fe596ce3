/**
 * Many hubs as one, as somebody runs them who runs several: each its own process by its built entry point, all on one
 * served folder, one data folder and one Redis that writes each change to disk. Each can be killed, ended, held and
 * started again from outside, on the port that it had.
 */
import { freePort } from './free-port.js';
import { startHub, type HubProcess } from './hub-process.js';
import { startDurableRedis, type DurableRedis } from './durable-redis.js';
import type { Scratch } from './scratch.js';

export interface ClusterOptions {
  /** The folder that all serve. */
  readonly served: string;
  /** JUPYTER_PATH: where their kernelspecs lie. */
  readonly kernelspecs: string;
  /** Absent: two. */
  readonly hubs?: number;
  /** How long a hub that is gone keeps the folder to itself; absent: 500. */
  readonly leaseMs?: number;
  /** What a hub calls Redis by, such as a proxy that can be cut; absent: Redis itself. */
  readonly redisUrlOf?: (name: string, url: string) => string | Promise<string>;
  /** What all hubs say is appended to this file too. */
  readonly log?: string;
  /** Further variables of all hubs. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Cluster {
  readonly redis: DurableRedis;
  readonly hubs: readonly ClusterHub[];
}

/** One hub of the cluster: the same name, port and address whenever it is started. */
export class ClusterHub {
  private process: HubProcess | null = null;

  constructor(
    /** `a`, `b`, … */
    readonly name: string,
    readonly port: number,
    private readonly spawn: () => Promise<HubProcess>,
  ) {}

  /** Without the token. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get token(): string {
    return this.running.token;
  }

  get pid(): number {
    return this.running.pid;
  }

  pageUrl(path: string, person: string): string {
    return this.running.pageUrl(path, person);
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    this.process = await this.spawn();
  }

  /** SIGKILL; resolves when it is gone. Can be called twice, also of one that is held. */
  async kill(): Promise<void> {
    await this.process?.kill('SIGKILL');
  }

  /** SIGTERM: it leaves in order. Resolves when it is gone. */
  async terminate(): Promise<void> {
    await this.running.kill('SIGTERM');
  }

  /** SIGSTOP: its connections stay, and it does nothing until `resume`. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  private get running(): HubProcess {
    if (this.process === null) throw new Error(`hub ${this.name} was not started`);
    return this.process;
  }
}

/** Starts Redis, then the hubs, which start their keeper. All end with the scratch. */
export async function startCluster(scratch: Scratch, options: ClusterOptions): Promise<Cluster> {
  const redis = await startDurableRedis(scratch);
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, options.hubs ?? 2);
  const hubs = await Promise.all(names.map((name) => clusterHub(scratch, options, redis, name)));
  await Promise.all(hubs.map((hub) => hub.start()));
  return { redis, hubs };
}

async function clusterHub(
  scratch: Scratch,
  options: ClusterOptions,
  redis: DurableRedis,
  name: string,
): Promise<ClusterHub> {
  const { served, kernelspecs, leaseMs = 500, log, env } = options;
  const port = await freePort();
  const redisUrl = (await options.redisUrlOf?.(name, redis.url)) ?? redis.url;
  const peer = { COKERNEL_PEER_ADDRESS: `http://127.0.0.1:${port}`, COKERNEL_LEASE_MS: String(leaseMs) };
  const hub = { served, kernelspecs, redisUrl, port, env: { ...peer, ...env }, ...(log === undefined ? {} : { log }) };
  return new ClusterHub(name, port, async () => {
    const started = await startHub(scratch, hub);
    // At the end of a test it need not leave in order, which one that is held can't.
    scratch.atEnd(() => started.kill('SIGKILL'));
    return started;
  });
}
