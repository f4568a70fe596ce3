/**
 * KernelHost over the keeper: the kernels of this machine. It starts the keeper when there is none, and connects
 * again on demand when the connection broke; kernels and what they said meanwhile are where they were.
 */
import { homedir } from 'node:os';
import type { KernelId } from '@cokernel/proto/hub';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { z } from 'zod';
import type { KeeperConnection, KernelListener } from './keeper-connection.js';
import type { KeeperQuestion } from './keeper-protocol.js';
import { reachKeeper, type KeeperStart } from './keeper-starter.js';
import { findKernelSpecs } from './kernelspecs.js';
import { jupyterDataDirs } from './kernelspec-dirs.js';
import {
  KernelHostError,
  type AttachedKernel,
  type AttachOptions,
  type ExistingKernel,
  type HostedKernel,
  type KernelHost,
  type KernelSpec,
  type StartKernel,
} from './kernel-host.js';
import { launchOf } from './launch.js';

export interface KeeperHostOptions extends KeeperStart {
  /** Jupyter data directories besides those of J13, such as the data folder's `.venv/share/jupyter`. */
  readonly extraDataDirs: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export class KeeperHost implements KernelHost {
  #connection: Promise<KeeperConnection> | null = null;
  readonly #leaving = new AbortController();

  constructor(private readonly options: KeeperHostOptions) {}

  kernelSpecs(): Promise<readonly KernelSpec[]> {
    const { env, extraDataDirs, log } = this.options;
    const surroundings = { env, home: homedir(), platform: process.platform };
    return findKernelSpecs(jupyterDataDirs(surroundings, extraDataDirs), log);
  }

  async kernels(): Promise<readonly HostedKernel[]> {
    const connection = await this.#connect();
    const kernels = z.array(z.unknown()).parse(await connection.ask({ request: 'kernels' }));
    return kernels.map((kernel) => connection.hostedKernel(kernel));
  }

  async start(options: StartKernel): Promise<HostedKernel> {
    const { kernelId, specName, cwd, labels, fence } = options;
    const specs = await this.kernelSpecs();
    const spec = specs.find(({ name }) => name === specName);
    if (spec === undefined) {
      const names = specs.map(({ name }) => name).join(', ') || 'none';
      throw new KernelHostError('noSuchKernelSpec', `there is no kernelspec ${specName}; found: ${names}`);
    }
    const launch = await launchOf(spec);
    const connection = await this.#connect();
    const request = { request: 'start', kernelId, specName, cwd, labels: { ...labels }, fence, launch } as const;
    return connection.hostedKernel(await connection.ask(request));
  }

  async adoptExisting(options: ExistingKernel): Promise<HostedKernel> {
    const connection = await this.#connect();
    if (connection.isFormer) {
      const advice = 'shut its kernels down, wait until it has left, and try again';
      throw new KernelHostError('versionMismatch', `the keeper that runs is of an earlier version: ${advice}`);
    }
    const { kernelId, connectionFile, fence } = options;
    const labels = { ...options.labels };
    const request = { request: 'adoptExisting', kernelId, connectionFile, labels, fence } as const;
    return connection.hostedKernel(await connection.ask(request));
  }

  async attach(
    kernelId: KernelId,
    options: AttachOptions,
    listener: KernelListener,
  ): Promise<{ readonly hosted: HostedKernel; readonly kernel: AttachedKernel }> {
    const connection = await this.#connect();
    const hosted = await connection.attach(kernelId, options.fromSeq, options.fence, listener);
    const kernel = new KeeperKernel(connection, kernelId, options.fence, listener);
    return { hosted: connection.hostedKernel(hosted), kernel };
  }

  async close(): Promise<void> {
    this.#leaving.abort();
    const connection = await this.#connection?.catch(() => null);
    await connection?.close();
  }

  /** The open connection, or a new one; several that ask at once share it. */
  #connect(): Promise<KeeperConnection> {
    if (this.#leaving.signal.aborted)
      return Promise.reject(new KernelHostError('unreachable', 'this hub has left the keeper'));
    this.#connection = this.#openAfter(this.#connection);
    return this.#connection;
  }

  async #openAfter(former: Promise<KeeperConnection> | null): Promise<KeeperConnection> {
    const connection = await former?.catch(() => null);
    return connection?.isOpen ? connection : reachKeeper(this.options, this.#leaving.signal);
  }
}

class KeeperKernel implements AttachedKernel {
  constructor(
    private readonly connection: KeeperConnection,
    readonly kernelId: KernelId,
    private readonly fence: number,
    private readonly listener: KernelListener,
  ) {}

  async send(message: KernelMessage): Promise<void> {
    await this.connection.send(this.kernelId, this.fence, message);
  }

  /** A keeper of the former version knows no msg_id there, and interrupts whatever runs. */
  async interrupt(msgId?: string): Promise<void> {
    await this.#command({ request: 'interrupt', ...this.#named, ...(msgId === undefined ? {} : { msgId }) });
  }

  async restart(): Promise<void> {
    await this.#command({ request: 'restart', ...this.#named });
  }

  async shutdown(): Promise<void> {
    await this.#command({ request: 'shutdown', ...this.#named });
  }

  detach(): void {
    this.connection.detach(this.kernelId, this.listener);
  }

  get #named() {
    return { kernelId: this.kernelId, fence: this.fence };
  }

  async #command(question: KeeperQuestion): Promise<void> {
    await this.connection.ask(question);
  }
}
