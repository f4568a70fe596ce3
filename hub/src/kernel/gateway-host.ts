/**
 * KernelHost over a remote engine: any Jupyter Server, Kernel Gateway or Enterprise Gateway, by its REST API and its
 * kernel WebSocket, so that kernels run on another machine, on Kubernetes or on YARN. Only kernels that this hub started
 * are touched; which these are is kept in a small file.
 *
 * What a remote engine can't promise, beside the keeper: it keeps no journal, so who attaches hears what comes from
 * now on and is told the gap (`GatewayFeed`); it knows no msg_id, so an execute_request is refused only when this very
 * process sent it before (`knowsAllRequests` is false); it may itself drop output that comes too fast, and says so
 * in the output; it measures no usage, and only a kernel that knows is asked (`UsageQuestions`); a kernel can't be
 * adopted by its connection file. A kernel starts in the engine's own root folder: `cwd` names a folder of this machine,
 * which means nothing there.
 */
import type { KernelId } from '@cokernel/proto/hub';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { GatewayListener } from './gateway-feed.js';
import { GatewayKernelFile, type GatewayKernelEntry } from './gateway-kernel-file.js';
import { GatewayKernel, type GatewayKernelTimes } from './gateway-kernel.js';
import { GatewayRest } from './gateway-rest.js';
import {
  KernelHostError,
  type AttachedKernel,
  type AttachOptions,
  type HostedKernel,
  type KernelHost,
  type KernelSpec,
  type StartKernel,
} from './kernel-host.js';
import type { Log } from './log.js';

export interface GatewayHostOptions {
  readonly url: string;
  readonly token: string | null;
  /** Where is kept which kernels are ours; its folder is there. */
  readonly file: string;
  readonly times?: Partial<GatewayHostTimes>;
  readonly now: () => number;
  readonly log: Log;
}

export interface GatewayHostTimes extends GatewayKernelTimes {
  readonly requestTimeoutMs: number;
  readonly launchTimeoutMs: number;
}

const DEFAULT_TIMES: GatewayHostTimes = {
  requestTimeoutMs: 15_000,
  launchTimeoutMs: 90_000,
  readyWithinMs: 60_000,
  askAgainMs: 2_000,
  pingEveryMs: 5_000,
  deadAfterMs: 20_000,
  lookEveryMs: 10_000,
  retryAfterMs: [0, 250, 500, 1_000, 2_000, 5_000],
  giveUpAfterMs: 10_000,
  handshakeTimeoutMs: 60_000,
  usageEveryMs: 5_000,
};

export class GatewayHost implements KernelHost {
  readonly #rest: GatewayRest;
  readonly #file: GatewayKernelFile;
  readonly #times: GatewayHostTimes;
  readonly #kernels = new Map<KernelId, GatewayKernel>();
  #closed = false;

  constructor(private readonly options: GatewayHostOptions) {
    const { url, token, log } = options;
    this.#times = { ...DEFAULT_TIMES, ...options.times };
    this.#rest = new GatewayRest({ url, token, log, ...this.#times });
    this.#file = new GatewayKernelFile(options.file, log);
  }

  async kernelSpecs(): Promise<readonly KernelSpec[]> {
    return this.#rest.kernelSpecs();
  }

  /** Those that the engine has no more are forgotten. */
  async kernels(): Promise<readonly HostedKernel[]> {
    await this.#ready();
    const hosted = await Promise.all(this.#file.of(this.#rest.place).map((entry) => this.#look(entry)));
    return hosted.flatMap((kernel) => kernel ?? []);
  }

  /** Whether one of these is at the engine. Changes nothing. */
  async reachesOneOf(kernelIds: ReadonlySet<KernelId>): Promise<boolean> {
    await this.#ready();
    const asked = this.#file.of(this.#rest.place).filter(({ kernelId }) => kernelIds.has(kernelId));
    const found = await Promise.all(asked.map(({ remoteId }) => this.#rest.kernel(remoteId)));
    return found.some((kernel) => kernel !== null && !kernel.isDead);
  }

  async start({ kernelId, specName, labels, fence }: StartKernel): Promise<HostedKernel> {
    await this.#ready();
    if (this.#file.get(kernelId) !== undefined) {
      throw new KernelHostError('kernelExists', `there is a kernel ${kernelId} already`);
    }
    await this.#requireSpec(specName);
    const remoteId = await this.#rest.start(specName);
    const entry = { kernelId, engine: this.#rest.place, remoteId, specName, labels: { ...labels }, fence };
    try {
      await this.#file.put(entry);
    } catch (error) {
      await this.#rest.shutdown(remoteId);
      throw error;
    }
    return this.#kernelOf(entry, true).facts;
  }

  adoptExisting(): Promise<HostedKernel> {
    const reason = `this hub's kernels run at ${this.#rest.place}; one of this machine can't be attached by its connection file`;
    return Promise.reject(new KernelHostError('badRequest', reason));
  }

  async attach(
    kernelId: KernelId,
    options: AttachOptions,
    listener: GatewayListener,
  ): Promise<{ readonly hosted: HostedKernel; readonly kernel: AttachedKernel }> {
    await this.#ready();
    const { fence } = options;
    const entry = await this.#file.pass(kernelId, fence);
    if ((await this.#look(entry)) === null) {
      throw new KernelHostError('noSuchKernel', `the remote engine has the kernel ${kernelId} no more`);
    }
    const kernel = this.#kernelOf(entry, false);
    kernel.attach(listener, options);
    return { hosted: kernel.facts, kernel: new AttachedGatewayKernel(kernel, this.#file, fence, listener, kernelId) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const kernel of this.#kernels.values()) kernel.leave();
    this.#kernels.clear();
    await this.#file.flush();
  }

  async #ready(): Promise<void> {
    if (this.#closed) throw new KernelHostError('unreachable', 'this hub has left the remote engine');
    await this.#file.load();
  }

  async #requireSpec(specName: string): Promise<void> {
    const names = (await this.#rest.kernelSpecs()).map(({ name }) => name);
    if (names.includes(specName)) return;
    const found = names.join(', ') || 'none';
    throw new KernelHostError('noSuchKernelSpec', `the remote engine has no kernelspec ${specName}; found: ${found}`);
  }

  /** What is known of a kernel; null when the engine has it no more. */
  async #look(entry: GatewayKernelEntry): Promise<HostedKernel | null> {
    const found = await this.#rest.kernel(entry.remoteId);
    const kernel = this.#kernelOf(entry, false);
    if (found === null) {
      kernel.died('the remote engine has it no more: it ended there, or the engine did');
      return null;
    }
    return found.isDead ? { ...kernel.facts, state: 'dead' } : kernel.facts;
  }

  #kernelOf(entry: GatewayKernelEntry, isNew: boolean): GatewayKernel {
    const { kernelId } = entry;
    const known = this.#kernels.get(kernelId);
    if (known !== undefined) return known;
    const { now, log } = this.options;
    const onDead = async (): Promise<void> => {
      this.#kernels.delete(kernelId);
      await this.#file.remove(kernelId);
    };
    const kernel = new GatewayKernel({ entry, rest: this.#rest, times: this.#times, isNew, onDead, now, log });
    this.#kernels.set(kernelId, kernel);
    return kernel;
  }
}

/** One hub's hold on a kernel, under its fence. */
class AttachedGatewayKernel implements AttachedKernel {
  constructor(
    private readonly kernel: GatewayKernel,
    private readonly file: GatewayKernelFile,
    private readonly fence: number,
    private readonly listener: GatewayListener,
    readonly kernelId: KernelId,
  ) {}

  async send(message: KernelMessage): Promise<void> {
    this.file.check(this.kernelId, this.fence);
    await this.kernel.send(message);
  }

  async interrupt(msgId?: string): Promise<void> {
    this.file.check(this.kernelId, this.fence);
    await this.kernel.interrupt(msgId);
  }

  async restart(): Promise<void> {
    this.file.check(this.kernelId, this.fence);
    await this.kernel.restart();
  }

  async shutdown(): Promise<void> {
    this.file.check(this.kernelId, this.fence);
    await this.kernel.shutdown();
  }

  detach(): void {
    this.kernel.detach(this.listener);
  }
}
