/**
 * The kernel of one notebook: found again after the hub started anew, started when a run asks for one, changed, shared,
 * left and ended. Two requests at once start one kernel.
 */
import type { Author, FileId, NotebookView, RequestId } from '@cokernel/proto/hub';
import { Refusal } from '../errors.js';
import type { KernelSpec } from '../kernel/kernel-host.js';
import type { KernelSession } from '../run/kernel-session.js';
import type { KernelSessions } from '../run/kernel-sessions.js';
import type { EnqueueOutcome, RunQueue } from '../run/run-queue.js';
import { QueueUnavailable } from '../run/run-queue.js';
import type { KernelSharing } from './kernel-sharing.js';
import { endedNotice } from './kernel-sharing.js';
import type { RoomClient } from './room-client.js';
import type { Room } from './room.js';

export interface NotebookKernelOptions {
  readonly room: Room;
  readonly sessions: KernelSessions;
  readonly sharing: KernelSharing;
  readonly queue: RunQueue;
  /** By which a later hub recognises the kernels of this served folder. */
  readonly labels: Readonly<Record<string, string>>;
  /** The folder of the notebook, absolute. */
  readonly workingDirectory: () => string;
  /** What the notebook's metadata wants. */
  readonly wish: () => { readonly specName: string | null; readonly language: string | null };
}

/** The labels that say whose kernel it is. */
function labelsOf(fileId: FileId, author: Author): Readonly<Record<string, string>> {
  return { fileId, startedBy: author.participantId };
}

export class NotebookKernel {
  private changing: Promise<KernelSession> | null = null;

  constructor(private readonly options: NotebookKernelOptions) {}

  /** Refers the room to the kernel that the notebook uses already. */
  async find(): Promise<void> {
    const { room, sharing } = this.options;
    const found = sharing.sessionOf(room.fileId);
    if (found !== null && found !== room.kernel) await room.useKernel(found);
  }

  /** Tells who comes in why there is no kernel any more. */
  tellEnded(client: RoomClient): void {
    const { room, sharing } = this.options;
    const because = sharing.endedBecause(room.fileId);
    // Of one that is gone the welcome tells.
    if (because !== null && sharing.goneBecause(room.fileId) === null) room.tellOne(client, endedNotice(because));
  }

  /** The notebook's session; starts a kernel, in this person's name, when there is none. */
  async ensure(author: Author): Promise<KernelSession> {
    if (this.changing !== null) return this.changing;
    return this.used() ?? this.change(() => this.startWished(author));
  }

  /** Starts a kernel of this kernelspec in place of the one that there is; without a name the one that it wants, if it has none. */
  async startInstead(specName: string | null, author: Author): Promise<KernelSession> {
    if (specName === null) return this.ensure(author);
    const { room, sessions } = this.options;
    const isUnseen = room.kernel === null && sessions.adoption.isPending;
    // Who saw none did not mean to end the one that is found meanwhile.
    return this.change(() => (isUnseen ? this.used() : null) ?? this.replace(specName, author));
  }

  /** What a request was answered by the kernel that the notebook lost; null when that was never asked for it. */
  async answeredByLost(requestId: RequestId): Promise<EnqueueOutcome | null> {
    const { room, sharing, queue } = this.options;
    const lost = sharing.lostKernelOf(room.fileId);
    const answered = lost === null ? null : await queue.answered(lost, requestId);
    if (lost === null || answered?.outcome !== 'accepted') return null;
    const asTheyAre = answered.runs.map(async (one) => ({
      ...one,
      run: (await queue.find(lost, one.run.runId)) ?? one.run,
    }));
    return { ...answered, runs: await Promise.all(asTheyAre) };
  }

  /** Uses a kernel that runs already, with those who use it. */
  async share(kernelId: string, author: Author): Promise<KernelSession> {
    const { room, sessions, sharing } = this.options;
    return this.change(async () => {
      const session = sessions.get(kernelId);
      if (session === undefined) throw new Refusal('noSuchKernel', `no kernel '${kernelId}' runs here (any more)`);
      if (room.kernel === session) return session;
      await sharing.leave(room, author.name);
      await sharing.use(room, session);
      return session;
    });
  }

  /** Uses no kernel any more; it is ended only when nobody else uses it. */
  async leave(by: string): Promise<void> {
    await this.changing?.catch(() => undefined);
    // Who wants none is not kept from it by a kernel that is out of reach.
    await this.findAtLast().catch(() => undefined);
    await this.options.sharing.leave(this.options.room, by);
  }

  /** Ends the kernel for all who use it. Throws `Refusal` (confirmFirst). */
  async stop(by: string, confirmed: boolean): Promise<void> {
    const { room, sharing } = this.options;
    const session = room.kernel;
    if (session === null) return;
    if (!confirmed) refuseUnconfirmed(session, sharing.othersOf(session, room.fileId));
    await sharing.end(session, `the kernel was shut down by ${by}`);
  }

  async restart(session: KernelSession, by: string): Promise<void> {
    await this.options.sessions.restart(session, by);
  }

  /** One change after the other. */
  private change(work: () => Promise<KernelSession> | KernelSession): Promise<KernelSession> {
    const before = this.changing ?? Promise.resolve();
    const begin = async (): Promise<KernelSession> => {
      await this.findAtLast();
      return work();
    };
    const changing = before.then(begin, begin).finally(() => {
      if (this.changing === changing) this.changing = null;
    });
    this.changing = changing;
    return changing;
  }

  /**
   * Looks for the kernel of the notebook among those that an earlier hub left and that are not here yet: no other one is
   * started beside it. Throws `Refusal` (kernelFailed) and `QueueUnavailable` when it is out of reach.
   */
  private async findAtLast(): Promise<void> {
    const { room, sessions, sharing } = this.options;
    if (!sessions.adoption.isPending) return;
    try {
      await sessions.adoption.finished();
    } catch (error) {
      // One that is in the way of others does not keep this notebook from a kernel.
      if (sharing.missesKernel(room.fileId) || error instanceof QueueUnavailable) throw error;
    }
    await this.find();
  }

  private used(): KernelSession | null {
    const { room, sharing } = this.options;
    const used = sharing.sessionOf(room.fileId);
    return used === room.kernel ? used : null;
  }

  private async startWished(author: Author): Promise<KernelSession> {
    const found = this.used();
    if (found !== null) return found;
    const specs = await this.options.sessions.specs.read();
    const spec = chooseSpec(specs, this.options.wish());
    if (spec === null) {
      throw new Refusal('noSuchKernelSpec', 'no kernel is installed: install one, such as `pip install ipykernel`');
    }
    return this.start(spec.name, author);
  }

  private async replace(specName: string, author: Author): Promise<KernelSession> {
    const { room, sessions, sharing } = this.options;
    // A wish that can't be met must not cost the kernel that there is.
    await sessions.specs.require(specName);
    const isAlone = room.kernel !== null && sharing.othersOf(room.kernel, room.fileId).length === 0;
    sessions.requireFreePlace(author.participantId, isAlone ? room.kernel : null);
    await sharing.leave(room, author.name);
    return this.start(specName, author);
  }

  private async start(specName: string, author: Author): Promise<KernelSession> {
    const { room, sharing, queue } = this.options;
    try {
      const session = await this.launch(specName, author);
      await sharing.use(room, session);
      await queue.setRules(session.kernelId, room.queueRules);
      return session;
    } catch (error) {
      // Who asked is refused; the others see that their notebook is without a kernel, and must know why.
      if (error instanceof Refusal && error.code === 'kernelFailed') room.tell(failedNotice(specName, error.message));
      throw error;
    }
  }

  private launch(specName: string, author: Author): Promise<KernelSession> {
    const { room, sessions, labels, workingDirectory } = this.options;
    return sessions.start({
      specName,
      cwd: workingDirectory(),
      labels: { ...labels, ...labelsOf(room.fileId, author) },
    });
  }
}

function failedNotice(specName: string, why: string): Parameters<Room['tell']>[0] {
  return { event: 'notice', level: 'error', code: 'kernelFailed', message: `${specName} did not start: ${why}` };
}

function refuseUnconfirmed(session: KernelSession, others: readonly NotebookView[]): void {
  const notebooks = others.map(({ path }) => path);
  if (notebooks.length > 0) {
    const who = notebooks.join(' and ');
    throw new Refusal('confirmFirst', `${who} would lose this kernel too: confirm to shut it down for all`, {
      notebooks,
    });
  }
  if (session.origin === 'started') return;
  const why = 'this kernel was not started here but found by its connection file';
  throw new Refusal('confirmFirst', `${why}: confirm to shut it down all the same`, { notebooks });
}

/** By name, else by language, else Python, else the first. */
export function chooseSpec(
  specs: readonly KernelSpec[],
  wish: { readonly specName: string | null; readonly language: string | null },
): KernelSpec | null {
  return (
    specs.find((spec) => spec.name === wish.specName) ??
    specs.find((spec) => spec.language === wish.language) ??
    specs.find((spec) => spec.language === 'python') ??
    specs[0] ??
    null
  );
}
