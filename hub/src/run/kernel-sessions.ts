/**
 * The kernel sessions of this hub: starts kernels through the KernelHost, takes over those that an earlier hub left
 * running, and ends them. Each session is held under a lease of its kernel.
 */
import path from 'node:path';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { KernelId } from '@cokernel/proto/hub';
import { FileId, KernelId as KernelIdSchema, RunId } from '@cokernel/proto/hub';
import { Refusal, messageOf } from '../errors.js';
import type { HostedKernel, KernelHost, KernelSpec } from '../kernel/kernel-host.js';
import { Adoption } from './adoption.js';
import { EndingQueue } from './ending-queue.js';
import type { HeldLease, HeldLeaseOptions } from './held-lease.js';
import { holdLease } from './held-lease.js';
import type { KernelLimits } from './kernel-limits.js';
import { refuseOneTooMany } from './kernel-limits.js';
import { asRefusal } from './host-refusal.js';
import { KernelLink } from './kernel-link.js';
import type { SessionLog } from './kernel-session-options.js';
import { KernelSession } from './kernel-session.js';
import { KnownKernelSpecs } from './known-kernel-specs.js';
import { newRun } from './new-run.js';
import type { OutputStore } from './output-store.js';
import type { RunOutputs } from './run-outputs.js';
import { QueueUnavailable } from './run-queue.js';
import type { QueuedRun, RunQueue } from './run-queue.js';
import type { Transcripts } from './transcripts.js';

export interface KernelSessionsOptions {
  readonly host: KernelHost;
  readonly queue: RunQueue;
  readonly lease: HeldLeaseOptions;
  readonly transcripts: Transcripts;
  /** Where outputs go that are too large for their target. */
  readonly outputs: OutputStore;
  /** The target of runs in cells; a room implements it. */
  readonly cellOutputs: (run: QueuedRun) => Promise<RunOutputs>;
  /** A kernel was installed, changed or removed since they were read before. */
  readonly onKernelSpecsChanged: (specs: readonly KernelSpec[]) => void;
  /** Told of each session before it hears its kernel. */
  readonly onSession?: (session: KernelSession) => void;
  /** Told of each message of each kernel: thousands a second. */
  readonly onMessage?: (message: KernelMessage) => void;
  readonly limits: KernelLimits;
  /** The notebooks that use a kernel, by path, to name it to people. */
  readonly notebooksOf: (session: KernelSession) => readonly string[];
  /** Code has ended this kernel: whoever uses it is to be told, and the session to be shut down. */
  readonly onExited: (session: KernelSession, reason: string) => Promise<void>;
  /** The same of one that ended while no hub was there, so that nobody was told. */
  readonly onEndedUnseen: (session: KernelSession) => Promise<void>;
  /** The kernels that the host has, once they are asked for: see `Adoption`. */
  readonly onHosted: (kernelIds: ReadonlySet<KernelId>) => Promise<void>;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

interface StartOptions {
  readonly specName: string;
  /** The working directory, absolute. */
  readonly cwd: string;
  /** `startedBy`: the participant whose kernel it is, for the limit of each person. */
  readonly labels: Readonly<Record<string, string>>;
}

const ATTACH_AGAIN_MS = 200;

interface Entry {
  readonly session: KernelSession;
  readonly start: StartOptions;
  lease: HeldLease;
  link: KernelLink | null;
}

export class KernelSessions {
  readonly specs: KnownKernelSpecs;
  private readonly entries = new Map<KernelId, Entry>();
  /** Kernels on their way: they count already. */
  private readonly starting = new Map<KernelId, StartOptions>();
  /** Each that was opened here, for good: it is never one of an earlier hub. */
  private readonly own = new Set<KernelId>();

  /** Takes over the kernels that an earlier hub left running. */
  readonly adoption: Adoption;
  private readonly ending: EndingQueue;
  private isClosed = false;

  constructor(private readonly options: KernelSessionsOptions) {
    this.specs = new KnownKernelSpecs(options);
    this.adoption = new Adoption({
      ...options,
      host: { kernels: () => this.kernelsOfHost() },
      isOwn: (kernelId) => this.own.has(kernelId),
      takeOver: (hosted, cwd) => this.takeOver(hosted, cwd),
      endGone: options.onHosted,
    });
    this.ending = new EndingQueue({ ...options, outputsOf: (run) => this.outputsOf(run) });
  }

  get(kernelId: string): KernelSession | undefined {
    return this.entries.get(KernelIdSchema.parse(kernelId))?.session;
  }

  list(): readonly KernelSession[] {
    return [...this.entries.values()].map((entry) => entry.session);
  }

  /**
   * Starts a kernel; resolves when its process was started. Throws `Refusal` (noSuchKernelSpec, kernelFailed,
   * tooManyKernels).
   */
  async start(start: StartOptions): Promise<KernelSession> {
    const kernelId = KernelIdSchema.parse(this.options.newId());
    this.requireFreePlace(start.labels['startedBy'] ?? null);
    this.starting.set(kernelId, start);
    try {
      return await this.startCounted(kernelId, start);
    } finally {
      this.starting.delete(kernelId);
    }
  }

  /** Throws `Refusal` (tooManyKernels) when this person may not start one more; `instead`: when this one has ended. */
  requireFreePlace(startedBy: string | null, instead: KernelSession | null = null): void {
    const running = this.list().filter((session) => session !== instead && isCounted(session));
    const kernels = running.map((session) => ({
      startedBy: session.labels['startedBy'] ?? null,
      shown: shownTo(session, this.options.notebooksOf(session)),
    }));
    const starting = [...this.starting].filter(([kernelId]) => !this.entries.has(kernelId));
    const coming = starting.map(([, { specName, labels }]) => ({
      startedBy: labels['startedBy'] ?? null,
      shown: `${specName}, just starting`,
    }));
    refuseOneTooMany([...kernels, ...coming], startedBy, this.options.limits);
  }

  /** The kernel of this connection file, which runs already and is not ours to end (J14). Throws `Refusal` (kernelFailed). */
  async adoptExisting(connectionFile: string, labels: Readonly<Record<string, string>>): Promise<KernelSession> {
    const isLive = (session: KernelSession): boolean => session.view().status !== 'dead';
    const known = this.list().find((one) => one.labels['connectionFile'] === connectionFile && isLive(one));
    if (known !== undefined) return known;
    const kernelId = KernelIdSchema.parse(this.options.newId());
    return this.open(kernelId, async (lease) => {
      const options = { kernelId, connectionFile, labels: { ...labels, connectionFile }, fence: lease.fence };
      const hosted = await this.options.host.adoptExisting(options);
      const start = { specName: hosted.specName, cwd: path.dirname(connectionFile), labels: hosted.labels };
      return this.register(kernelId, await this.displayNameOf(hosted), start, lease, 'existing');
    });
  }

  private async startCounted(kernelId: KernelId, start: StartOptions): Promise<KernelSession> {
    const spec = await this.specs.require(start.specName);
    return this.open(kernelId, async (lease) => {
      await this.options.host.start({ kernelId, ...start, fence: lease.fence });
      // The next hub finds it and takes it over.
      this.requireOpen();
      return this.register(kernelId, spec.displayName, start, lease, 'started');
    });
  }

  /** A session under a lease of its kernel, attached; nothing of it stays when it comes to nothing. Throws `Refusal`. */
  private async open(kernelId: KernelId, begin: (lease: HeldLease) => Promise<KernelSession>): Promise<KernelSession> {
    this.own.add(kernelId);
    const lease = await this.leaseUnlessClosed(kernelId);
    try {
      const session = await begin(lease);
      await this.linkTo(session).begin();
      return session;
    } catch (error) {
      const entry = this.entries.get(kernelId);
      await (entry === undefined ? lease.release() : this.forget(entry));
      throw asRefusal(error);
    }
  }

  /** Restarts; a kernel that is dead or never started is started anew under the same id, so that its queue stays. */
  async restart(session: KernelSession, by: string): Promise<void> {
    if (session.origin === 'existing') {
      const where = session.labels['connectionFile'] ?? 'a connection file';
      throw new Refusal('existingKernel', `this kernel was found by ${where}: restart it where it was started`);
    }
    const status = session.view().status;
    if (status !== 'dead' && status !== 'failed') {
      await session.restart(by).catch((error: unknown) => {
        throw asRefusal(error);
      });
      return;
    }
    const entry = this.entryOf(session);
    this.requireFreePlace(session.labels['startedBy'] ?? null, session);
    try {
      await session.shutdown().catch((error: unknown) => this.warn(session, error));
      await this.options.host.start({ kernelId: session.kernelId, ...entry.start, fence: entry.lease.fence });
      await this.linkTo(session).begin();
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** Ends the kernel, its runs and its queue. */
  async shutdown(session: KernelSession, reason: string): Promise<void> {
    const entry = this.entryOf(session);
    session.lastStepsBegan();
    const cancelled = await this.ending.cancelAll(session.kernelId, reason);
    await session.end().catch((error: unknown) => this.warn(session, error));
    const end = { state: 'cancelled', reason } as const;
    const ended = await this.ending.endRunning(session.kernelId, entry.lease.fence, end);
    // The queue may tell its steps later than the session is there to hear of them.
    const snapshot = await this.options.queue.snapshot(session.kernelId);
    session.lastStepsTaken({ snapshot, finished: ended === null ? cancelled : [...cancelled, ended] });
    this.leave(entry);
    await this.options.queue.drop(session.kernelId);
    await entry.lease.forget();
  }

  /** Ends the runs of a kernel that neither this hub nor its host has. */
  giveUp(kernelId: KernelId, reason: string): Promise<void> {
    return this.ending.giveUp(kernelId, reason);
  }

  /** Leaves every kernel running for the next hub. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.adoption.stop();
    for (const entry of [...this.entries.values()]) await this.forget(entry);
  }

  /** With their kernelspecs: a remote engine that was away was not asked for these either. */
  private async kernelsOfHost(): Promise<readonly HostedKernel[]> {
    await this.specs.read();
    return this.options.host.kernels();
  }

  private async takeOver(hosted: HostedKernel, cwd: string): Promise<void> {
    const { kernelId, specName, labels } = hosted;
    const displayName = await this.displayNameOf(hosted);
    const lease = await this.leaseUnlessClosed(kernelId);
    // Known before its lost run opens a room, so that the room finds it.
    const session = this.register(kernelId, displayName, { specName, cwd, labels }, lease, hosted.origin);
    session.takenOver();
    try {
      const running = await this.options.queue.running(kernelId);
      if (running !== null) await session.resume(running, hosted.journalId);
      await this.linkTo(session).goOn(hosted);
    } catch (error) {
      await this.forget(this.entryOf(session));
      throw error;
    }
    if (hosted.state === 'dead') await this.forgetUnlessAwaited(session);
  }

  /** A kernel that ended while no hub was there is of interest only to those who wait for it. */
  private async forgetUnlessAwaited(session: KernelSession): Promise<void> {
    const { queued, running } = await this.options.queue.snapshot(session.kernelId);
    if (queued.length === 0 && running === null) await this.options.onEndedUnseen(session);
  }

  private register(
    kernelId: KernelId,
    displayName: string,
    start: StartOptions,
    lease: HeldLease,
    origin: HostedKernel['origin'],
  ): KernelSession {
    const { queue, newId, clock, log, transcripts, outputs, onMessage } = this.options;
    const session: KernelSession = new KernelSession({
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
      outputs,
      ...(onMessage === undefined ? {} : { onMessage }),
      outputsOf: (run) => this.outputsOf(run),
      endedRun: (runId) => this.endedRun(kernelId, start.labels['fileId'], runId),
      transcriptWithdrawn: (run) => transcripts.withdrawn(run),
      transcriptPrompted: (runId, text, password) => transcripts.prompted(runId, text, password),
      exited: (reason) => this.options.onExited(session, reason),
    });
    this.options.onSession?.(session);
    session.start();
    this.entries.set(kernelId, { session, start, lease, link: null });
    return session;
  }

  /** A link to the kernel of this session, in place of the one it had. */
  private linkTo(session: KernelSession): KernelLink {
    const { host, log } = this.options;
    const entry = this.entryOf(session);
    entry.link?.stop();
    entry.link = new KernelLink({ host, session, fence: entry.lease.fence, retryMs: ATTACH_AGAIN_MS, log });
    return entry.link;
  }

  /** As far as the queue remembers: what was pinned for it is gone. */
  private async endedRun(kernelId: KernelId, fileId: string | undefined, runId: string): Promise<QueuedRun | null> {
    const known = RunId.safeParse(runId);
    const view = known.success ? await this.options.queue.find(kernelId, known.data) : null;
    if (view?.target.kind !== 'cell' || fileId === undefined) return null;
    const { author, target } = view;
    const run = newRun(this.options, { author, target, source: '', fileId: FileId.parse(fileId), stopOnError: false });
    return { ...run, view };
  }

  private outputsOf(run: QueuedRun): Promise<RunOutputs> {
    return run.view.target.kind === 'cell' ? this.options.cellOutputs(run) : Promise.resolve(this.options.transcripts);
  }

  private lease(kernelId: KernelId, atLeast: number): Promise<HeldLease> {
    return holdLease(this.options.lease, { kind: 'kernel', id: kernelId }, atLeast, () => {
      this.options.log.error({ kernelId }, 'the lease of a kernel ended: this hub does not touch it any more');
      this.entries.get(kernelId)?.session.stop();
      this.entries.delete(kernelId);
    });
  }

  /** Throws `QueueUnavailable` once nothing begins here any more: rooms close a little later, and people still ask. */
  private async leaseUnlessClosed(kernelId: KernelId): Promise<HeldLease> {
    this.requireOpen();
    const lease = await this.lease(kernelId, 0);
    if (this.isClosed) await lease.release();
    this.requireOpen();
    return lease;
  }

  private requireOpen(): void {
    if (this.isClosed) throw new QueueUnavailable('this hub lets go of its kernels; ask again in a moment');
  }

  private async forget(entry: Entry): Promise<void> {
    this.leave(entry);
    await entry.lease.release();
  }

  private leave(entry: Entry): void {
    entry.link?.stop();
    entry.session.stop();
    this.entries.delete(entry.session.kernelId);
  }

  private async displayNameOf({ specName, labels }: HostedKernel): Promise<string> {
    const name = (await this.specs.require(specName).catch(() => null))?.displayName ?? specName;
    const file = labels['connectionFile'];
    return file === undefined ? name : `${name} (${path.basename(file)})`;
  }

  private entryOf(session: KernelSession): Entry {
    const entry = this.entries.get(session.kernelId);
    if (entry === undefined) throw new Refusal('noKernel', 'this kernel has ended');
    return entry;
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

/** Of those that have a process which we started. */
function isCounted(session: KernelSession): boolean {
  const { status, origin } = session.view();
  return origin === 'started' && status !== 'dead' && status !== 'failed';
}

function shownTo(session: KernelSession, notebooks: readonly string[]): string {
  const { displayName, kernelId } = session.view();
  return `${displayName} ${notebooks.length === 0 ? kernelId.slice(0, 8) : `of ${notebooks.join(' and ')}`}`;
}
