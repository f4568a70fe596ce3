/** The calls of one client on the queue of its room's kernel: what waits, in which order, by which rules. */
import type {
  Author,
  CallResult,
  FileId,
  KernelId,
  ParsedParams,
  QueueRules,
  QueueView,
  Role,
  RunId,
} from '@cokernel/proto/hub';
import { roleHas } from '@cokernel/proto/hub';
import { Refusal } from '../errors.js';
import type { MoveOutcome, RunQueue } from '../run/run-queue.js';
import { isElsewhere } from './seen-runs.js';

/** What of a room they need. */
interface QueueRoom {
  readonly fileId: FileId;
  readonly queue: QueueView;
  readonly kernel: { readonly kernelId: KernelId } | null;
  keepQueueRules(rules: QueueRules): Promise<void>;
}

export interface QueueCallsOptions {
  readonly room: QueueRoom;
  readonly role: Role;
  readonly queue: RunQueue;
  readonly clock: () => Date;
  /** Throws `Refusal` (noHello). */
  readonly author: () => Author;
  /** Throws `Refusal` (noKernel). */
  readonly session: () => { readonly kernelId: KernelId };
}

export class QueueCalls {
  constructor(private readonly options: QueueCallsOptions) {}

  async cancel(params: ParsedParams<'cancel'>): Promise<CallResult<'cancel'>> {
    const { queue, clock, author, session } = this.options;
    const wanted = 'mine' in params ? this.mine() : params.runIds;
    this.mayCancel(wanted);
    const reason = `withdrawn by ${author().name}`;
    const selector = { by: 'runs', runIds: wanted } as const;
    const runs = await queue.cancel(session().kernelId, selector, clock().toISOString(), reason);
    return { cancelled: runs.map((run) => run.runId) };
  }

  /** Among one's own places; who manages the room also among all of this notebook. */
  async moveRun({ runId, before }: ParsedParams<'moveRun'>): Promise<CallResult<'moveRun'>> {
    const { room, queue, author, session } = this.options;
    const within = { participantId: author().participantId, fileId: this.manages ? room.fileId : null };
    refuseUnmoved(await queue.move(session().kernelId, runId, before, within));
    return {};
  }

  /** For this notebook's kernel, and those that are started for it later. */
  async setRules(rules: QueueRules): Promise<CallResult<'setQueueRules'>> {
    const { room, queue } = this.options;
    await room.keepQueueRules(rules);
    if (room.kernel !== null) await queue.setRules(room.kernel.kernelId, rules);
    return {};
  }

  async goOn(): Promise<CallResult<'goOn'>> {
    await this.options.queue.release(this.options.session().kernelId);
    return {};
  }

  private mine(): readonly RunId[] {
    const { participantId } = this.options.author();
    return this.options.room.queue.queued
      .filter((run) => run.author.participantId === participantId && !isElsewhere(run, this.options.room.fileId))
      .map((run) => run.runId);
  }

  /** One's own runs; another person's only for who manages the room, and only of this notebook or of none. */
  private mayCancel(wanted: readonly RunId[]): void {
    const { room, author } = this.options;
    const { participantId } = author();
    const others = room.queue.queued.filter(
      (run) => wanted.includes(run.runId) && run.author.participantId !== participantId,
    );
    if (others.some((run) => isElsewhere(run, room.fileId))) {
      throw new Refusal('forbidden', 'a run of another notebook can be withdrawn by its author or in that notebook');
    }
    const [foreign] = others;
    if (foreign !== undefined && !this.manages) {
      throw new Refusal('forbidden', `the run of ${foreign.author.name} can be withdrawn by them or by the owner`);
    }
  }

  private get manages(): boolean {
    return roleHas(this.options.role, 'manage');
  }
}

/** Throws `Refusal` (notQueued, forbidden). */
function refuseUnmoved(move: MoveOutcome): void {
  switch (move.outcome) {
    case 'moved':
      return;
    case 'notQueued':
      throw new Refusal('notQueued', 'that run does not wait any more');
    case 'notYours':
      throw new Refusal(
        'forbidden',
        'runs change places with others of the same person; the owner moves all of this notebook',
      );
  }
}
