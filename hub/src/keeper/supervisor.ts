/**
 * All kernels of one keeper: starts them with ports, key and files of their own, finds them for commands, and forgets
 * those that were shut down. A kernel's files lie in `<data folder>/kernels/<kernel id>`.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelId } from '@cokernel/proto/hub';
import { KernelHostError, type HostedKernel as HostedKernelFacts } from '../kernel/kernel-host.js';
import type { KeeperRequest } from '../kernel/keeper-protocol.js';
import type { Log } from '../kernel/log.js';
import { newConnection, portsOf, PORTS_PER_KERNEL, type Connection } from './connection-file.js';
import { readExistingConnection } from './existing-connection.js';
import { ExistingLife } from './existing-life.js';
import { HostedKernel, type HostedKernelOptions, type LifeListener } from './hosted-kernel.js';
import { kernelEnvironment } from './kernel-environment.js';
import { KernelLife } from './kernel-life.js';
import { PortPool } from './ports.js';
import { RestartBudget } from './restart-budget.js';

export interface SupervisorOptions {
  readonly dataDir: string;
  /** What each kernel keeps for hubs that come back: 16 MiB is some minutes of heavy printing. */
  readonly maxJournalBytes: number;
  readonly readyTimeoutMs: number;
  /** For a kernel that runs already (J14). */
  readonly heardTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly restartsInARow: number;
  readonly stableAfterMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

export type StartRequest = Extract<KeeperRequest, { request: 'start' }>;
export type AdoptRequest = Extract<KeeperRequest, { request: 'adoptExisting' }>;

const LOOPBACK = '127.0.0.1';
/** The id becomes a folder's name. */
const KERNEL_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

export class Supervisor {
  readonly #kernels = new Map<KernelId, HostedKernel>();
  readonly #connections = new Map<KernelId, Connection>();
  readonly #ports = new PortPool();

  constructor(private readonly options: SupervisorOptions) {}

  list(): readonly HostedKernelFacts[] {
    return [...this.#kernels.values()].map((kernel) => kernel.facts);
  }

  get hasLiveKernels(): boolean {
    return [...this.#kernels.values()].some((kernel) => kernel.isAlive);
  }

  /** The kernel, for a command with this fence; throws `noSuchKernel` or `staleFence`. */
  command(kernelId: KernelId, fence: number): HostedKernel {
    const kernel = this.#kernels.get(kernelId);
    if (kernel === undefined) throw new KernelHostError('noSuchKernel', `there is no kernel ${kernelId}`);
    kernel.passFence(fence);
    return kernel;
  }

  start(request: StartRequest): Promise<HostedKernelFacts> {
    return this.#host(request, () => this.#newKernel(request));
  }

  /** Resolves when the kernel of the connection file was heard; rejects with `badRequest` when the file is no use. */
  async adopt(request: AdoptRequest): Promise<HostedKernelFacts> {
    const { connection, specName } = await readExistingConnection(request.connectionFile);
    const isSame = ({ ip, shellPort }: Connection) => ip === connection.ip && shellPort === connection.shellPort;
    const known = [...this.#connections].find(([, other]) => isSame(other));
    if (known !== undefined) throw new KernelHostError('kernelExists', `this kernel is here already, as ${known[0]}`);
    return this.#host(request, () => {
      this.#connections.set(request.kernelId, connection);
      return this.#existingKernel(request, connection, specName);
    });
  }

  async #host(
    { kernelId, fence }: { readonly kernelId: KernelId; readonly fence: number },
    makeKernel: () => HostedKernel,
  ): Promise<HostedKernelFacts> {
    if (!KERNEL_ID.test(kernelId)) throw new KernelHostError('badRequest', `${kernelId} can't name a kernel`);
    if (this.#kernels.has(kernelId))
      throw new KernelHostError('kernelExists', `the kernel ${kernelId} is here already`);
    const kernel = makeKernel();
    kernel.passFence(fence);
    this.#kernels.set(kernelId, kernel);
    try {
      await kernel.start();
      return kernel.facts;
    } catch (error) {
      await this.#forget(kernelId);
      throw error;
    }
  }

  async shutdown(kernelId: KernelId, fence: number): Promise<void> {
    await this.command(kernelId, fence).shutdown();
    await this.#forget(kernelId);
  }

  /** Every kernel that is ours is asked to end, at the same time. */
  async shutdownAll(): Promise<void> {
    const kernels = [...this.#kernels];
    await Promise.all(
      kernels.map(async ([kernelId, kernel]) => {
        await kernel.leave();
        await this.#forget(kernelId);
      }),
    );
  }

  async #forget(kernelId: KernelId): Promise<void> {
    this.#kernels.delete(kernelId);
    const connection = this.#connections.get(kernelId);
    if (connection !== undefined) this.#ports.release(portsOf(connection));
    this.#connections.delete(kernelId);
    await rm(this.#folderOf(kernelId), { recursive: true, force: true });
  }

  #folderOf(kernelId: KernelId): string {
    return join(this.options.dataDir, 'kernels', kernelId);
  }

  #newKernel(request: StartRequest): HostedKernel {
    const { restartsInARow, stableAfterMs } = this.options;
    const { kernelId, specName, labels } = request;
    const common = this.#commonOf(kernelId);
    return new HostedKernel({
      ...common,
      specName,
      labels,
      origin: 'started',
      newLife: (listener) => this.#newLife(request, listener, common.log),
      budget: new RestartBudget({ maxInARow: restartsInARow, stableMs: stableAfterMs }),
    });
  }

  /** Its restarts are its owner's to make. */
  #existingKernel({ kernelId, labels }: AdoptRequest, connection: Connection, specName: string): HostedKernel {
    const { heartbeatMs, heardTimeoutMs } = this.options;
    const common = this.#commonOf(kernelId);
    const life = { connection, heartbeatMs, heardTimeoutMs, log: common.log };
    return new HostedKernel({
      ...common,
      specName,
      labels,
      origin: 'existing',
      newLife: (listener) => Promise.resolve(new ExistingLife({ ...life, ...listener })),
      budget: new RestartBudget({ maxInARow: 0, stableMs: 0 }),
    });
  }

  #commonOf(kernelId: KernelId): Pick<HostedKernelOptions, 'kernelId' | 'maxJournalBytes' | 'now' | 'log'> {
    const log: Log = (level, message, fields) => {
      this.options.log(level, message, { kernelId, ...fields });
    };
    return { kernelId, maxJournalBytes: this.options.maxJournalBytes, now: () => performance.now(), log };
  }

  async #newLife(request: StartRequest, listener: LifeListener, log: Log): Promise<KernelLife> {
    const { readyTimeoutMs, heartbeatMs, env } = this.options;
    const { kernelId, specName, cwd, launch } = request;
    const folder = this.#folderOf(kernelId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const connectionPath = join(folder, 'connection.json');
    return new KernelLife({
      process: {
        argv: launch.argv.map((argument) => argument.replaceAll('{connection_file}', connectionPath)),
        env: kernelEnvironment(env, launch.env),
        cwd,
        stdoutPath: join(folder, 'stdout.log'),
        stderrPath: join(folder, 'stderr.log'),
      },
      connection: await this.#connectionOf(kernelId),
      connectionPath,
      specName,
      interruptMode: launch.interruptMode,
      readyTimeoutMs,
      heartbeatMs,
      log,
      ...listener,
    });
  }

  /** The same ports and key for every life of a kernel. */
  async #connectionOf(kernelId: KernelId): Promise<Connection> {
    const known = this.#connections.get(kernelId);
    if (known !== undefined) return known;
    const connection = newConnection(LOOPBACK, await this.#ports.take(PORTS_PER_KERNEL, LOOPBACK));
    this.#connections.set(kernelId, connection);
    return connection;
  }
}
