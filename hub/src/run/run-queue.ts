/**
 * RunQueue: the ordered runs of one kernel, kept in Redis or embedded (LMDB). Each method is one atomic step.
 * The steps of the kernel's owner carry its lease's fence and are refused when it is stale. All promises of
 * this port hold after a crash of the hub: a step that resolved is durable.
 *
 * Order: as the queue's rules say, and as people have moved what waits. At most one run is `running`. The last 1,000 finished
 * runs of the last 7 days are kept, and at most a hundred more, or ten that are older, so that a repeated request finds its own.
 */
import type { MessageHeader } from '@cokernel/proto/jupyter';
import { z } from 'zod';
import type {
  CellId,
  FileId,
  HeldReason,
  KernelId,
  ParticipantId,
  QueueRules,
  RequestId,
  RunId,
  RunView,
} from '@cokernel/proto/hub';

/** A stock client's execute_request, apart from its code, which is the run's source. It is sent as it came. */
export interface ClientRequest {
  readonly header: MessageHeader;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
}

/** A run as the queue keeps it: what everybody may see, and what only the owner needs. */
export interface QueuedRun {
  readonly view: RunView;
  /** The pinned source. */
  readonly source: string;
  readonly fileId: FileId | null;
  /** The participant's device is gone when a page closes; input is asked of the author all the same. */
  readonly allowStdin: boolean;
  readonly storeHistory: boolean;
  readonly silent: boolean;
  /** An error cancels the rest of its batch. */
  readonly stopOnError: boolean;
  /** Null: the hub writes the request itself. */
  readonly request: ClientRequest | null;
}

/** The queue after a step: `number` grows by one with each step that changed something. */
export interface QueueSnapshot {
  readonly number: number;
  readonly held: HeldReason | null;
  readonly rules: QueueRules;
  readonly running: RunView | null;
  readonly queued: readonly RunView[];
}

/** One change, told to subscribers in order. `finished`: runs that this step brought to an end. */
export interface QueueChange {
  readonly snapshot: QueueSnapshot;
  readonly finished: readonly RunView[];
}

export interface AcceptedRuns {
  readonly outcome: 'accepted';
  /** For each run asked for, in order: the new one, or the one it merged into (same cell and hash, still queued; X12). */
  readonly runs: readonly { readonly outcome: 'queued' | 'merged'; readonly run: RunView; readonly place: number }[];
}

/** More of one person's runs would wait than the queue's rules allow: none of the request's is queued. */
export interface TooManyWait {
  readonly outcome: 'tooManyWait';
  readonly waiting: number;
  readonly mostWaiting: number;
}

export type EnqueueOutcome = AcceptedRuns | TooManyWait;

/** The runs that change places in a move. */
export interface MoveWithin {
  /** Those of this person, */
  readonly participantId: ParticipantId;
  /** and those of this notebook and of none; null: of no other person. */
  readonly fileId: FileId | null;
}

export type MoveOutcome =
  | { readonly outcome: 'moved' }
  /** This run does not wait, or is not within. */
  | { readonly outcome: 'notQueued' | 'notYours'; readonly runId: RunId };

export interface StaleFence {
  readonly outcome: 'stale';
  readonly highestFence: number;
}

export type TakeOutcome =
  | { readonly outcome: 'taken'; readonly run: QueuedRun }
  /** Nothing to take: no queued run, one is running, or the queue is held. */
  | { readonly outcome: 'nothing' }
  | StaleFence;

/** How a run ended. Times are ISO 8601. */
export const Settlement = z.object({
  state: z.enum(['succeeded', 'failed', 'cancelled', 'lost']),
  finishedAt: z.string(),
  executionCount: z.number().nullable(),
  reason: z.string().nullable(),
});
export type Settlement = Readonly<z.infer<typeof Settlement>>;

export type CancelSelector =
  | { readonly by: 'runs'; readonly runIds: readonly RunId[] }
  | { readonly by: 'author'; readonly participantId: string }
  | { readonly by: 'cell'; readonly cellId: CellId }
  | { readonly by: 'all' };

export interface RunQueue {
  /** Idempotent by `requestId`: the second time it answers what the first did and changes nothing. */
  enqueue(kernelId: KernelId, requestId: RequestId, runs: readonly QueuedRun[]): Promise<EnqueueOutcome>;
  /**
   * Marks the next queued run `running` and hands it over. `startedAt`: ISO 8601. Idempotent by it: the run that was taken then
   * is handed over again, for an owner that did not hear the answer.
   */
  takeNext(kernelId: KernelId, fence: number, startedAt: string): Promise<TakeOutcome>;
  /** What this request was answered, while that is kept and all runs that it queued; null after, and when it never came. */
  answered(kernelId: KernelId, requestId: RequestId): Promise<EnqueueOutcome | null>;
  /**
   * Ends the running run; idempotent. When it `failed` and has `stopOnError`, the queued rest of its batch is cancelled
   * in the same step.
   */
  settle(
    kernelId: KernelId,
    fence: number,
    runId: RunId,
    end: Settlement,
  ): Promise<{ readonly outcome: 'settled' } | StaleFence>;
  /** `settle` and `takeNext` in one step, told as one change. Idempotent by the two. */
  settleAndTakeNext(
    kernelId: KernelId,
    fence: number,
    runId: RunId,
    end: Settlement,
    startedAt: string,
  ): Promise<TakeOutcome>;
  /** Cancels queued runs (never the running one); answers which. */
  cancel(kernelId: KernelId, selector: CancelSelector, finishedAt: string, reason: string): Promise<readonly RunView[]>;
  /** Puts a queued run before another one, or behind all (null), among those that are `within`; the others stay where they are. */
  move(kernelId: KernelId, runId: RunId, before: RunId | null, within: MoveWithin): Promise<MoveOutcome>;
  /** From now on; what waits already is put in the new order. */
  setRules(kernelId: KernelId, rules: QueueRules): Promise<void>;
  /** Nothing is taken until `release`. */
  hold(kernelId: KernelId, reason: HeldReason): Promise<void>;
  release(kernelId: KernelId): Promise<void>;
  snapshot(kernelId: KernelId): Promise<QueueSnapshot>;
  /** The run that is `running` with all that was pinned, for an owner that takes over; null when none is. */
  running(kernelId: KernelId): Promise<QueuedRun | null>;
  /** A run by id while it is kept; null after. */
  find(kernelId: KernelId, runId: RunId): Promise<RunView | null>;
  /** Tells each later change in order; returns what ends it. */
  subscribe(kernelId: KernelId, listener: (change: QueueChange) => void): () => void;
  /** Forgets a kernel that is gone for good. */
  drop(kernelId: KernelId): Promise<void>;
  /** Stops the adapter's connections and timers. Can be called twice. */
  close(): Promise<void>;
}

/** The store is out of reach; the step did or did not happen, and may be repeated. */
export class QueueUnavailable extends Error {
  override readonly name = 'QueueUnavailable';
}
