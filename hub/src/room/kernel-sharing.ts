/**
 * KernelSharing: which notebooks use which kernel, and what follows from it. A notebook uses one kernel or none; several
 * may share one, and a kernel may have none. Leaving a kernel never takes it from others; ending it tells all who lose it,
 * those that come later too.
 */
import type { FileId, KernelId, NotebookView } from '@cokernel/proto/hub';
import { FileId as FileIdSchema } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { KernelSession } from '../run/kernel-session.js';
import type { KernelSessions } from '../run/kernel-sessions.js';
import type { RunQueue } from '../run/run-queue.js';
import { QueueUnavailable } from '../run/run-queue.js';
import type { KernelUse, KernelUses } from './kernel-uses.js';
import type { Room } from './room.js';

export interface KernelSharingOptions {
  readonly uses: KernelUses;
  readonly sessions: () => KernelSessions;
  readonly queue: RunQueue;
  readonly clock: () => Date;
  readonly pathOf: (fileId: FileId) => string | null;
  /** Those that are open now. */
  readonly rooms: () => Promise<readonly Room[]>;
  readonly log: SessionLog;
}

/** True of a machine that is away as of one that was started anew. */
const MACHINE_GONE = "the machine or container that it ran on has stopped, or can't be reached";

export class KernelSharing {
  constructor(private readonly options: KernelSharingOptions) {}

  /** The kernel that a notebook uses; null when it uses none that runs. */
  sessionOf(fileId: FileId): KernelSession | null {
    const { uses, sessions } = this.options;
    const use = uses.of(fileId);
    if (use === null)
      return (
        sessions()
          .list()
          .find((session) => startedFor(session) === fileId) ?? null
      );
    return use.kernelId === null ? null : (sessions().get(use.kernelId) ?? null);
  }

  /** It uses one that is not here: out of reach for now, unless it is gone. */
  missesKernel(fileId: FileId): boolean {
    const { uses, sessions } = this.options;
    const kernelId = uses.of(fileId)?.kernelId ?? null;
    return kernelId !== null && sessions().get(kernelId) === undefined;
  }

  /** The notebooks that use a kernel, by path. */
  notebooksOf(session: KernelSession): readonly NotebookView[] {
    const { uses, pathOf } = this.options;
    const first = startedFor(session);
    const unsaid = first !== null && uses.of(first) === null ? [first] : [];
    const views = [...unsaid, ...uses.notebooksOf(session.kernelId)].flatMap((fileId) => {
      const path = pathOf(fileId);
      return path === null ? [] : [{ fileId, path }];
    });
    return views.sort((one, other) => one.path.localeCompare(other.path));
  }

  /** The other notebooks that use the kernel of this one. */
  othersOf(session: KernelSession, fileId: FileId): readonly NotebookView[] {
    return this.notebooksOf(session).filter((notebook) => notebook.fileId !== fileId);
  }

  /** Why the notebook has no kernel any more; null when it has one, never had one, or left it by itself. */
  endedBecause(fileId: FileId): string | null {
    return this.options.uses.of(fileId)?.endedBecause ?? null;
  }

  /** What became of the kernel of a notebook that has no other one, when nobody ended it; null otherwise. */
  goneBecause(fileId: FileId): string | null {
    return this.lostKernelOf(fileId) === null || this.sessionOf(fileId) !== null ? null : this.endedBecause(fileId);
  }

  /** The kernel that the notebook lost, whose queue still knows what it was asked for. */
  lostKernelOf(fileId: FileId): KernelId | null {
    return this.options.uses.of(fileId)?.lostKernelId ?? null;
  }

  /** Lets a notebook use this kernel from now on. */
  async use(room: Room, session: KernelSession): Promise<void> {
    const { uses } = this.options;
    const lostKernelId = uses.of(room.fileId)?.lostKernelId;
    await uses.set([room.fileId], { kernelId: session.kernelId, endedBecause: null, lostKernelId });
    await room.useKernel(session);
    await this.tellRoomsOf(session);
  }

  /**
   * The notebook uses its kernel no more: its waiting runs are withdrawn. The kernel is shut down when no other notebook
   * uses it and it was started for a notebook; otherwise it goes on.
   */
  async leave(room: Room, by: string): Promise<void> {
    const session = this.sessionOf(room.fileId);
    if (this.missesKernel(room.fileId)) await this.useNone([room.fileId], { endedBecause: null });
    if (session === null) return room.useKernel(null);
    const isAlone = this.othersOf(session, room.fileId).length === 0;
    const goesOn = !isAlone || (startedFor(session) === null && isLive(session));
    if (goesOn) await this.withdrawRunsOf(room, session, by);
    else await this.options.sessions().shutdown(session, `the kernel was shut down by ${by}`);
    await this.useNone([room.fileId], { endedBecause: null });
    if (room.kernel === session) await room.useKernel(null);
    if (goesOn) await this.tellRoomsOf(session);
  }

  /** Shuts a kernel down for every notebook that uses it; `because` is told to all of them. */
  async end(session: KernelSession, because: string): Promise<void> {
    // Who runs a cell from now on gets another kernel.
    await this.useNone(this.fileIdsOf(session), { endedBecause: because });
    // The rooms still listen: they are told what becomes of their runs.
    await this.options.sessions().shutdown(session, because);
    for (const room of await this.roomsOf(session)) {
      await room.useKernel(null);
      room.tell(endedNotice(because));
    }
  }

  /** The same of a kernel that ended by itself while no hub was there. */
  async endUnseen(session: KernelSession): Promise<void> {
    const because = 'it ended while no hub was there';
    const lost = { endedBecause: because, lostKernelId: session.kernelId };
    await this.useNone(this.fileIdsOf(session), lost);
    await this.options.sessions().shutdown(session, `its kernel is gone: ${because}`);
    for (const room of await this.roomsOf(session)) await room.useKernel(null);
  }

  /**
   * Takes from notebooks the kernels that neither the host nor this hub has: what ran there is lost, what waited is
   * withdrawn. Throws `QueueUnavailable`; what was not done then is done when this is asked again.
   */
  async loseAllBut(hosted: ReadonlySet<KernelId>): Promise<void> {
    const { uses, sessions, log } = this.options;
    const isGone = (kernelId: KernelId): boolean => !hosted.has(kernelId) && sessions().get(kernelId) === undefined;
    for (const kernelId of uses.kernelIds().filter(isGone)) {
      try {
        await this.lose(kernelId);
      } catch (error) {
        if (error instanceof QueueUnavailable) throw error;
        log.error({ kernelId, error: messageOf(error) }, 'the runs of a kernel that is gone could not be ended');
      }
    }
  }

  private async lose(kernelId: KernelId): Promise<void> {
    const { uses, sessions, log, rooms } = this.options;
    await sessions().giveUp(kernelId, `its kernel is gone: ${MACHINE_GONE}`);
    const fileIds = uses.notebooksOf(kernelId);
    await this.useNone(fileIds, { endedBecause: MACHINE_GONE, lostKernelId: kernelId });
    log.warn({ kernelId, fileIds }, 'a kernel is gone, with what it ran on');
    for (const room of await rooms()) if (fileIds.includes(room.fileId)) room.kernelSharedAnew();
  }

  /** What an earlier kernel was asked for is forgotten: nobody asks for it again after the next one has ended. */
  private async useNone(fileIds: readonly FileId[], ended: Omit<KernelUse, 'kernelId'>): Promise<void> {
    const { uses, queue } = this.options;
    const lost = new Set(fileIds.flatMap((fileId) => this.lostKernelOf(fileId) ?? []));
    await uses.set(fileIds, { kernelId: null, ...ended });
    for (const kernelId of lost) await queue.drop(kernelId);
  }

  private fileIdsOf(session: KernelSession): readonly FileId[] {
    return this.notebooksOf(session).map(({ fileId }) => fileId);
  }

  /** A notebook got another path, by which it is named to all who share its kernel. */
  async renamed(room: Room): Promise<void> {
    if (room.kernel !== null) await this.tellRoomsOf(room.kernel);
  }

  private async withdrawRunsOf(room: Room, session: KernelSession, by: string): Promise<void> {
    const { queue, clock } = this.options;
    const { queued } = await queue.snapshot(session.kernelId);
    const runIds = queued.flatMap(({ runId, target }) =>
      target.kind === 'cell' && target.fileId === room.fileId ? [runId] : [],
    );
    if (runIds.length === 0) return;
    const reason = `${by} took the notebook from this kernel`;
    await queue.cancel(session.kernelId, { by: 'runs', runIds }, clock().toISOString(), reason);
  }

  private async roomsOf(session: KernelSession): Promise<readonly Room[]> {
    return (await this.options.rooms()).filter((room) => room.kernel === session);
  }

  private async tellRoomsOf(session: KernelSession): Promise<void> {
    for (const room of await this.roomsOf(session)) room.kernelSharedAnew();
  }
}

/** What a room is told of a kernel that it lost. */
export function endedNotice(because: string): Parameters<Room['tell']>[0] {
  return {
    event: 'notice',
    level: 'info',
    code: 'kernelEnded',
    message: `${capital(because)}. Run a cell to start one.`,
  };
}

function isLive(session: KernelSession): boolean {
  const { status } = session.view();
  return status !== 'dead' && status !== 'failed';
}

/** The notebook for which it was started; null for one that was started without. */
function startedFor({ labels }: KernelSession): FileId | null {
  const fileId = labels['fileId'];
  return fileId === undefined ? null : FileIdSchema.parse(fileId);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
