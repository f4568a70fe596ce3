/**
 * The kernel sessions of this hub: starts kernels through the KernelHost, takes over those that an earlier hub left
 * running, and ends them. Each session is held under a lease of its kernel.
 */
import type { KernelId, RunId } from '@cokernel/proto/hub';
import { KernelId as KernelIdSchema } from '@cokernel/proto/hub';
import { Refusal, messageOf } from '../errors.js';
import type { HostedKernel, KernelHost, KernelHostEvent, KernelSpec } from '../kernel/kernel-host.js';
import { KernelHostError } from '../kernel/kernel-host.js';
import type { HeldLease, HeldLeaseOptions } from './held-lease.js';
import { holdLease } from './held-lease.js';
import type { SessionLog } from './kernel-session.js';
import { KernelSession } from './kernel-session.js';
import type { RunOutputs } from './run-outputs.js';
import type { QueuedRun, RunQueue } from './run-queue.js';
import type { Transcripts } from './transcripts.js';

export interface KernelSessionsOptions {
  readonly host: KernelHost;
  readonly queue: RunQueue;
  readonly lease: HeldLeaseOptions;
  readonly transcripts: Transcripts;
  /** The target of runs in cells; a room implements it. */
  readonly cellOutputs: (run: QueuedRun) => Promise<RunOutputs>;
  /** A kernel was installed, changed or removed since they were read before. */
  readonly onKernelSpecsChanged: (specs: readonly KernelSpec[]) => void;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

interface StartOptions {
  readonly specName: string;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Entry {
  readonly session: KernelSession;
  readonly start: StartOptions;
  lease: HeldLease;
}

export class KernelSessions {
  private readonly entries = new Map<KernelId, Entry>();
  private specs: readonly KernelSpec[] = [];

  constructor(private readonly options: KernelSessionsOptions) {}

  /** The kernelspecs, read anew. */
  async kernelSpecs(): Promise<readonly KernelSpec[]> {
    const specs = await this.options.host.kernelSpecs();
    const changed = JSON.stringify(specs) !== JSON.stringify(this.specs);
    this.specs = specs;
    if (changed) this.options.onKernelSpecsChanged(specs);
    return specs;
  }

  /** The kernelspecs as they were last read. */
  get knownKernelSpecs(): readonly KernelSpec[] {
    return this.specs;
  }

  get(kernelId: string): KernelSession | undefined {
    return this.entries.get(KernelIdSchema.parse(kernelId))?.session;
  }

  list(): readonly KernelSession[] {
    return [...this.entries.values()].map((entry) => entry.session);
  }

  /** Starts a kernel; resolves when its process was started. Throws `Refusal` (noSuchKernelSpec, kernelFailed). */
  async start(start: StartOptions): Promise<KernelSession> {
    const kernelId = KernelIdSchema.parse(this.options.newId());
    const spec = await this.requireSpec(start.specName);
    const lease = await this.lease(kernelId, 0);
    try {
      await this.options.host.start({ kernelId, ...start, fence: lease.fence });
      const session = this.register(kernelId, spec.displayName, start, lease, 'started');
      await this.connect(session, lease.fence, 0);
      return session;
    } catch (error) {
      this.entries.get(kernelId)?.session.stop();
      this.entries.delete(kernelId);
      await lease.release();
      throw asRefusal(error);
    }
  }

  /** Takes over the kernels that an earlier hub left running and that `isOurs` recognises by their labels. */
  async adopt(
    isOurs: (labels: Readonly<Record<string, string>>) => boolean,
    cwdOf: (hosted: HostedKernel) => string,
  ): Promise<void> {
    for (const hosted of await this.options.host.kernels()) {
      if (!isOurs(hosted.labels) || hosted.state === 'dead') continue;
      try {
        await this.takeOver(hosted, cwdOf(hosted));
      } catch (error) {
        this.options.log.warn(
          { kernelId: hosted.kernelId, error: messageOf(error) },
          'a kernel could not be taken over',
        );
      }
    }
  }

  /** Restarts; a kernel that is dead or never started is started anew under the same id, so that its queue stays. */
  async restart(session: KernelSession, by: string): Promise<void> {
    const status = session.view().status;
    if (status !== 'dead' && status !== 'failed') {
      await session.restart(by).catch((error: unknown) => {
        throw asRefusal(error);
      });
      return;
    }
    const entry = this.entryOf(session);
    try {
      await session.shutdown().catch((error: unknown) => this.warn(session, error));
      await this.options.host.start({ kernelId: session.kernelId, ...entry.start, fence: entry.lease.fence });
      await this.connect(session, entry.lease.fence, 0);
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** Ends the kernel, its runs and its queue. */
  async shutdown(session: KernelSession, reason: string): Promise<void> {
    const entry = this.entryOf(session);
    await this.cancelAll(session.kernelId, reason);
    await session.end().catch((error: unknown) => this.warn(session, error));
    await this.endRunning(session.kernelId, entry.lease.fence, 'cancelled', reason);
    await this.forget(entry);
    await this.options.queue.drop(session.kernelId);
  }

  /** Leaves every kernel running for the next hub. */
  async close(): Promise<void> {
    for (const entry of [...this.entries.values()]) await this.forget(entry);
  }

  private async takeOver(hosted: HostedKernel, cwd: string): Promise<void> {
    const { kernelId, specName, labels } = hosted;
    const lease = await this.lease(kernelId, 0);
    const displayName = (await this.requireSpec(specName).catch(() => null))?.displayName ?? specName;
    // Known before its lost run opens a room, so that the room finds it.
    const session = this.register(kernelId, displayName, { specName, cwd, labels }, lease, hosted.origin);
    if ((await this.options.queue.running(kernelId)) !== null) await this.options.queue.hold(kernelId, 'runLost');
    await this.endRunning(kernelId, lease.fence, 'lost', 'the hub ended while it ran');
    await this.connect(session, lease.fence, hosted.lastSeq);
  }

  private register(
    kernelId: KernelId,
    displayName: string,
    start: StartOptions,
    lease: HeldLease,
    origin: HostedKernel['origin'],
  ): KernelSession {
    const { queue, newId, clock, log, transcripts } = this.options;
    const session = new KernelSession({
      kernelId,
      specName: start.specName,
      displayName,
      labels: start.labels,
      origin,
      fence: lease.fence,
      queue,
      newId,
      clock,
      log,
      outputsOf: (run) => this.outputsOf(run),
      transcriptWithdrawn: (run) => transcripts.withdrawn(run),
      transcriptPrompted: (runId, text, password) => transcripts.prompted(runId, text, password),
    });
    session.start();
    this.entries.set(kernelId, { session, start, lease });
    return session;
  }

  private async connect(session: KernelSession, fence: number, fromSeq: number): Promise<void> {
    // What the kernel says is heard only when the session can answer it.
    const early: KernelHostEvent[] = [];
    let hear = (event: KernelHostEvent): void => void early.push(event);
    const { hosted, kernel } = await this.options.host.attach(session.kernelId, { fromSeq, fence }, (event) =>
      hear(event),
    );
    session.attached(kernel, fence);
    hear = (event) => session.hostEvent(event);
    // What happened before this hub came is not said again.
    if (fromSeq > 0 && hosted.state === 'ready' && hosted.kernelInfo !== null) {
      session.hostEvent({ type: 'ready', kernelInfo: hosted.kernelInfo });
    }
    for (const event of early) session.hostEvent(event);
  }

  private outputsOf(run: QueuedRun): Promise<RunOutputs> {
    return run.view.target.kind === 'cell' ? this.options.cellOutputs(run) : Promise.resolve(this.options.transcripts);
  }

  /** Ends what the queue says is running, if anything. */
  private async endRunning(
    kernelId: KernelId,
    fence: number,
    state: 'lost' | 'cancelled',
    reason: string,
  ): Promise<void> {
    const run = await this.options.queue.running(kernelId);
    if (run === null) return;
    const end = { state, reason, finishedAt: this.options.clock().toISOString(), executionCount: null };
    await (await this.outputsOf(run)).finish(run, end, {});
    await this.options.queue.settle(kernelId, fence, run.view.runId, end);
  }

  private async cancelAll(kernelId: KernelId, reason: string): Promise<void> {
    await this.options.queue.cancel(kernelId, { by: 'all' }, this.options.clock().toISOString(), reason);
  }

  private lease(kernelId: KernelId, atLeast: number): Promise<HeldLease> {
    return holdLease(this.options.lease, { kind: 'kernel', id: kernelId }, atLeast, () => {
      this.options.log.error({ kernelId }, 'the lease of a kernel ended: this hub does not touch it any more');
      this.entries.get(kernelId)?.session.stop();
      this.entries.delete(kernelId);
    });
  }

  private async forget(entry: Entry): Promise<void> {
    entry.session.stop();
    this.entries.delete(entry.session.kernelId);
    await entry.lease.release();
  }

  private entryOf(session: KernelSession): Entry {
    const entry = this.entries.get(session.kernelId);
    if (entry === undefined) throw new Refusal('noKernel', 'this kernel has ended');
    return entry;
  }

  /** Throws `Refusal` (noSuchKernelSpec). */
  async requireSpec(name: string): Promise<KernelSpec> {
    const find = (): KernelSpec | undefined => this.specs.find((spec) => spec.name === name);
    if (find() === undefined) await this.kernelSpecs();
    const spec = find();
    if (spec !== undefined) return spec;
    const known = this.specs.map((other) => other.name).join(', ') || 'none';
    throw new Refusal('noSuchKernelSpec', `there is no kernelspec named '${name}' (known: ${known})`);
  }

  private warn(session: KernelSession, error: unknown): void {
    this.options.log.warn(
      { kernelId: session.kernelId, error: messageOf(error) },
      'the kernel did not shut down cleanly',
    );
  }

  /** True while a kernel of this hub has the run in its queue, or has kept its end. */
  async knowsRun(runId: RunId): Promise<boolean> {
    const found = await Promise.all(this.list().map(({ kernelId }) => this.options.queue.find(kernelId, runId)));
    return found.some((run) => run !== null);
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof KernelHostError && error.code === 'noSuchKernelSpec') {
    return new Refusal('noSuchKernelSpec', error.message);
  }
  return new Refusal('kernelFailed', messageOf(error));
}
