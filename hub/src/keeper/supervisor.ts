/**
 * All kernels of one keeper: starts them with ports, key and files of their own, takes over those that a former keeper
 * left, finds them for commands, and forgets those that were shut down. A kernel's files lie in
 * `<data folder>/kernels/<kernel id>`.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelId } from '@cokernel/proto/hub';
import { KernelHostError, type HostedKernel as HostedKernelFacts } from '../kernel/kernel-host.js';
import type { KeeperCounters, KeeperRequest } from '../kernel/keeper-protocol.js';
import type { Log } from '../kernel/log.js';
import { newConnection, portsOf, PORTS_PER_KERNEL, type Connection } from './connection-file.js';
import { readExistingConnection } from './existing-connection.js';
import { HostedKernel } from './hosted-kernel.js';
import { KernelFiles, type KernelFilesOptions } from './kernel-files.js';
import type { KernelState } from './kernel-state.js';
import { newLife, type LivesOptions } from './lives.js';
import { PortPool } from './ports.js';
import type { MeasuredKernel } from './process-usage.js';
import { RestartBudget } from './restart-budget.js';

export interface SupervisorOptions
  extends LivesOptions, Pick<KernelFilesOptions, 'maxJournalBytes' | 'maxUnreadJournalBytes' | 'maxMemoryBytes'> {
  readonly dataDir: string;
  readonly restartsInARow: number;
  readonly stableAfterMs: number;
  readonly log: Log;
}

export type StartRequest = Extract<KeeperRequest, { request: 'start' }>;
export type AdoptRequest = Extract<KeeperRequest, { request: 'adoptExisting' }>;

const LOOPBACK = '127.0.0.1';
/** The id becomes a folder's name. */
const KERNEL_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

export class Supervisor {
  readonly #kernels = new Map<KernelId, HostedKernel>();
  /** Ids and files that are in use, also by kernels that are just coming or going. */
  readonly #claimed = new Map<KernelId, KernelFiles | null>();
  readonly #ports = new PortPool();

  constructor(private readonly options: SupervisorOptions) {}

  list(): readonly HostedKernelFacts[] {
    return [...this.#kernels.values()].map((kernel) => kernel.facts);
  }

  get counters(): KeeperCounters['kernels'] {
    return [...this.#kernels.values()].map((kernel) => kernel.counters);
  }

  /** For what they use. */
  get measured(): readonly MeasuredKernel[] {
    return this.#allFiles.map(({ state, feed }) => ({
      kernelId: state.current.kernelId,
      pid: state.current.process?.pid ?? null,
      isWatched: feed.isWatched,
      tellUsage: (usage) => feed.tellNow({ type: 'usage', ...usage }),
    }));
  }

  get outputPaths(): readonly string[] {
    return this.#allFiles.flatMap(({ outputPaths }) => outputPaths);
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

  async start(request: StartRequest): Promise<HostedKernelFacts> {
    const { launch, cwd, specName } = request;
    return this.#host(request, async () => {
      const connection = newConnection(LOOPBACK, await this.#ports.take(PORTS_PER_KERNEL, LOOPBACK));
      return { connection, specName, origin: 'started', start: { launch, cwd } };
    });
  }

  /** Resolves when the kernel of the connection file was heard; rejects with `badRequest` when the file is no use. */
  adopt(request: AdoptRequest): Promise<HostedKernelFacts> {
    return this.#host(request, async () => {
      const { connection, specName } = await readExistingConnection(request.connectionFile);
      const known = this.#kernelAt(connection);
      if (known !== null) throw new KernelHostError('kernelExists', `this kernel is here already, as ${known}`);
      return { connection, specName, origin: 'existing', start: null };
    });
  }

  /**
   * Goes on with what a former keeper left. A folder whose state can't be read is left as it is: it may be a kernel
   * of a keeper that comes later.
   */
  takeOver(): void {
    for (const name of foldersIn(this.#kernelsDir)) {
      try {
        this.#takeOver(KernelFiles.recover(this.#filesIn(name)));
      } catch (error) {
        this.options.log('error', 'a kernel was left alone', { folder: name, reason: String(error) });
      }
    }
  }

  async shutdown(kernelId: KernelId, fence: number): Promise<void> {
    await this.command(kernelId, fence).shutdown();
    this.#forget(kernelId);
  }

  /** Every kernel that is ours is asked to end, at the same time. */
  async shutdownAll(): Promise<void> {
    const kernels = [...this.#kernels];
    await Promise.all(
      kernels.map(async ([kernelId, kernel]) => {
        await kernel.leave();
        this.#forget(kernelId);
      }),
    );
  }

  async #host(request: NewKernel, begin: () => Promise<Beginning>): Promise<HostedKernelFacts> {
    const { kernelId } = request;
    if (!KERNEL_ID.test(kernelId)) throw new KernelHostError('badRequest', `${kernelId} can't name a kernel`);
    if (this.#claimed.has(kernelId)) {
      throw new KernelHostError('kernelExists', `the kernel ${kernelId} is here already`);
    }
    this.#claimed.set(kernelId, null);
    try {
      const files = KernelFiles.create(this.#filesIn(kernelId), newState(request, await begin()));
      const kernel = this.#register(files);
      await kernel.start();
      return kernel.facts;
    } catch (error) {
      this.#forget(kernelId);
      throw error;
    }
  }

  #takeOver(files: KernelFiles): void {
    const { kernelId, ending, connection, origin } = files.state.current;
    const kernel = this.#register(files);
    const claimed = origin === 'started' ? this.#ports.claim(portsOf(connection), LOOPBACK) : null;
    const taken = Promise.all([claimed, kernel.takeOver()]).then(async () => {
      if (!ending) return;
      await kernel.shutdown();
      this.#forget(kernelId);
    });
    taken.catch((error: unknown) => {
      this.options.log('error', 'a kernel could not be taken over', { kernelId, reason: String(error) });
    });
  }

  #register(files: KernelFiles): HostedKernel {
    const { kernelId, origin } = files.state.current;
    const { restartsInARow, stableAfterMs } = this.options;
    const log = this.#logOf(kernelId);
    const kernel = new HostedKernel({
      files,
      newLife: (listener, takesOver) =>
        newLife(this.options, { state: files.state.current, folder: files.folder, takesOver, listener, log }),
      // The restarts of a kernel that somebody else started are theirs to make.
      budget: new RestartBudget({ maxInARow: origin === 'started' ? restartsInARow : 0, stableMs: stableAfterMs }),
      now: () => performance.now(),
      log,
    });
    this.#claimed.set(kernelId, files);
    this.#kernels.set(kernelId, kernel);
    return kernel;
  }

  #forget(kernelId: KernelId): void {
    const files = this.#claimed.get(kernelId) ?? null;
    this.#kernels.delete(kernelId);
    this.#claimed.delete(kernelId);
    if (files === null) return;
    const { connection, origin } = files.state.current;
    if (origin === 'started') this.#ports.release(portsOf(connection));
    files.remove();
  }

  #kernelAt({ ip, shellPort }: Connection): KernelId | null {
    const isSame = (other: Connection) => ip === other.ip && shellPort === other.shellPort;
    const found = [...this.#claimed].find(([, files]) => files !== null && isSame(files.state.current.connection));
    return found?.[0] ?? null;
  }

  #filesIn(name: string): KernelFilesOptions {
    const { maxJournalBytes, maxUnreadJournalBytes, maxMemoryBytes } = this.options;
    const bounds = { maxJournalBytes, maxUnreadJournalBytes, maxMemoryBytes };
    return { folder: join(this.#kernelsDir, name), ...bounds, log: this.#logOf(name) };
  }

  #logOf(kernelId: string): Log {
    return (level, message, fields) => {
      this.options.log(level, message, { kernelId, ...fields });
    };
  }

  get #allFiles(): readonly KernelFiles[] {
    return [...this.#claimed.values()].filter((files) => files !== null);
  }

  get #kernelsDir(): string {
    return join(this.options.dataDir, 'kernels');
  }
}

type NewKernel = Pick<StartRequest, 'kernelId' | 'fence' | 'labels'>;
type Beginning = Pick<KernelState, 'connection' | 'specName' | 'origin' | 'start'>;

function newState({ kernelId, labels, fence }: NewKernel, beginning: Beginning): KernelState {
  const { connection, specName, origin, start } = beginning;
  return {
    format: 1,
    kernelId,
    specName,
    labels,
    origin,
    start,
    connection,
    routingId: randomUUID(),
    highestFence: fence,
    journalId: randomUUID(),
    knowsAllRequests: true,
    process: null,
    phase: 'starting',
    ending: false,
    kernelInfo: null,
  };
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // No kernel was ever started here.
    return [];
  }
}
