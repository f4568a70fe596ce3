/**
 * KernelSharing: which notebooks use which kernel, and what follows from it. A notebook uses one kernel or none; several
 * may share one, and a kernel may have none. Leaving a kernel never takes it from others; ending it tells all who lose it,
 * those that come later too.
 */
import type { FileId, NotebookView } from '@cokernel/proto/hub';
import { FileId as FileIdSchema } from '@cokernel/proto/hub';
import type { KernelSession } from '../run/kernel-session.js';
import type { KernelSessions } from '../run/kernel-sessions.js';
import type { RunQueue } from '../run/run-queue.js';
import type { KernelUses } from './kernel-uses.js';
import type { Room } from './room.js';

export interface KernelSharingOptions {
  readonly uses: KernelUses;
  readonly sessions: () => KernelSessions;
  readonly queue: RunQueue;
  readonly clock: () => Date;
  readonly pathOf: (fileId: FileId) => string | null;
  /** Those that are open now. */
  readonly rooms: () => Promise<readonly Room[]>;
}

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

  /** Lets a notebook use this kernel from now on. */
  async use(room: Room, session: KernelSession): Promise<void> {
    await this.options.uses.set([room.fileId], { kernelId: session.kernelId, endedBecause: null });
    await room.useKernel(session);
    await this.tellRoomsOf(session);
  }

  /**
   * The notebook uses its kernel no more: its waiting runs are withdrawn. The kernel is shut down when no other notebook
   * uses it and it was started for a notebook; otherwise it goes on.
   */
  async leave(room: Room, by: string): Promise<void> {
    const session = this.sessionOf(room.fileId);
    if (session === null) return room.useKernel(null);
    const isAlone = this.othersOf(session, room.fileId).length === 0;
    const goesOn = !isAlone || (startedFor(session) === null && isLive(session));
    if (goesOn) await this.withdrawRunsOf(room, session, by);
    else await this.options.sessions().shutdown(session, `the kernel was shut down by ${by}`);
    await this.options.uses.set([room.fileId], { kernelId: null, endedBecause: null });
    if (room.kernel === session) await room.useKernel(null);
    if (goesOn) await this.tellRoomsOf(session);
  }

  /** Shuts a kernel down for every notebook that uses it; `because` is told to all of them. */
  async end(session: KernelSession, because: string): Promise<void> {
    const fileIds = this.notebooksOf(session).map(({ fileId }) => fileId);
    // Who runs a cell from now on gets another kernel.
    await this.options.uses.set(fileIds, { kernelId: null, endedBecause: because });
    // The rooms still listen: they are told what becomes of their runs.
    await this.options.sessions().shutdown(session, because);
    for (const room of await this.roomsOf(session)) {
      await room.useKernel(null);
      room.tell(endedNotice(because));
    }
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
