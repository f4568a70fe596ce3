/**
 * The run queue in Redis: each step is one Lua script (scripts/*.lua), so it happens wholly or not at all, whichever
 * hub asks. Durable as far as the server's persistence goes.
 */
import { RunView } from '@cokernel/proto/hub';
import type { FileId, HeldReason, KernelId, QueueRules, RequestId, RunId } from '@cokernel/proto/hub';
import type { Logger } from 'pino';
import { z } from 'zod';
import type {
  CancelSelector,
  EnqueueOutcome,
  MoveOutcome,
  MoveWithin,
  QueueChange,
  QueuedRun,
  QueueSnapshot,
  RunQueue,
  Settlement,
  StaleFence,
  TakeOutcome,
} from '../../run/run-queue.js';
import { keptSince } from '../../run/run-queue-state.js';
import { StoredAnswer, StoredMove, StoredRun } from '../stored-run.js';
import { ChangeFeed } from './change-feed.js';
import { queueKeys } from './keys.js';
import { parseSnapshot } from './queue-delta.js';
import type { RedisConnection } from './redis-connection.js';
import type { QueueStepName } from './script-texts.js';

export interface RedisRunQueueOptions {
  readonly connection: RedisConnection;
  readonly log: Logger;
}

type Listener = (change: QueueChange) => void;

interface Subscription {
  readonly feed: ChangeFeed;
  readonly listeners: Set<Listener>;
}

const StoredStale: z.ZodType<StaleFence> = z.object({
  outcome: z.literal('stale'),
  highestFence: z.number().int().nonnegative(),
});
const StoredTake: z.ZodType<TakeOutcome> = z.union([
  z.object({ outcome: z.literal('taken'), run: StoredRun }),
  z.object({ outcome: z.literal('nothing') }),
  StoredStale,
]);
const StoredSettle = z.union([z.object({ outcome: z.literal('settled') }), StoredStale]);

export class RedisRunQueue implements RunQueue {
  readonly #options: RedisRunQueueOptions;
  readonly #subscriptions = new Map<KernelId, Subscription>();

  constructor(options: RedisRunQueueOptions) {
    this.#options = options;
  }

  async enqueue(kernelId: KernelId, requestId: RequestId, runs: readonly QueuedRun[]): Promise<EnqueueOutcome> {
    const texts = runs.flatMap(toStored);
    return this.#step(kernelId, 'enqueue', [requestId, ...texts], StoredAnswer);
  }

  answered(kernelId: KernelId, requestId: RequestId): Promise<EnqueueOutcome | null> {
    return this.#step(kernelId, 'answered', [requestId], StoredAnswer.nullable());
  }

  takeNext(kernelId: KernelId, fence: number, startedAt: string): Promise<TakeOutcome> {
    return this.#step(kernelId, 'take-next', [String(fence), startedAt], StoredTake);
  }

  settle(
    kernelId: KernelId,
    fence: number,
    runId: RunId,
    end: Settlement,
  ): Promise<{ readonly outcome: 'settled' } | StaleFence> {
    return this.#step(
      kernelId,
      'settle',
      [String(fence), runId, settlementText(end), keptSince(end.finishedAt)],
      StoredSettle,
    );
  }

  cancel(
    kernelId: KernelId,
    selector: CancelSelector,
    finishedAt: string,
    reason: string,
  ): Promise<readonly RunView[]> {
    const args = [JSON.stringify(selector), finishedAt, reason, keptSince(finishedAt)];
    return this.#step(kernelId, 'cancel', args, z.array(RunView));
  }

  move(
    kernelId: KernelId,
    runId: RunId,
    before: RunId | null,
    { participantId, fileId }: MoveWithin,
  ): Promise<MoveOutcome> {
    const cells = fileId === null ? '' : cellsOf(fileId);
    return this.#step(kernelId, 'move', [runId, before ?? '', participantId, cells], StoredMove);
  }

  async setRules(kernelId: KernelId, { order, mostWaiting, mostSeconds }: QueueRules): Promise<void> {
    await this.#run(kernelId, 'set-rules', [JSON.stringify({ order, mostWaiting, mostSeconds })]);
  }

  async hold(kernelId: KernelId, reason: HeldReason): Promise<void> {
    await this.#run(kernelId, 'set-held', [reason]);
  }

  async release(kernelId: KernelId): Promise<void> {
    await this.#run(kernelId, 'set-held', ['']);
  }

  async snapshot(kernelId: KernelId): Promise<QueueSnapshot> {
    return parseSnapshot(await this.#run(kernelId, 'snapshot', []));
  }

  running(kernelId: KernelId): Promise<QueuedRun | null> {
    return this.#step(kernelId, 'running', [], StoredRun.nullable());
  }

  find(kernelId: KernelId, runId: RunId): Promise<RunView | null> {
    return this.#step(kernelId, 'find', [runId], RunView.nullable());
  }

  subscribe(kernelId: KernelId, listener: Listener): () => void {
    const subscription = this.#subscriptions.get(kernelId) ?? this.#startFeed(kernelId);
    // Wrapped, so that one function that subscribed twice is told twice and ends once.
    const entry: Listener = (change) => {
      listener(change);
    };
    subscription.listeners.add(entry);
    return () => {
      if (!subscription.listeners.delete(entry) || subscription.listeners.size > 0) return;
      subscription.feed.stop();
      if (this.#subscriptions.get(kernelId) === subscription) this.#subscriptions.delete(kernelId);
    };
  }

  async drop(kernelId: KernelId): Promise<void> {
    await this.#run(kernelId, 'drop', []);
  }

  close(): Promise<void> {
    for (const { feed } of this.#subscriptions.values()) feed.stop();
    this.#subscriptions.clear();
    return this.#options.connection.close();
  }

  #startFeed(kernelId: KernelId): Subscription {
    const { connection, log } = this.#options;
    const listeners = new Set<Listener>();
    const feed = new ChangeFeed({
      kernelId,
      connection,
      log,
      onChange: (change) => {
        for (const listener of [...listeners]) this.#tell(kernelId, listener, change);
      },
    });
    const subscription = { feed, listeners };
    this.#subscriptions.set(kernelId, subscription);
    feed.start();
    return subscription;
  }

  #tell(kernelId: KernelId, listener: Listener, change: QueueChange): void {
    try {
      listener(change);
    } catch (error) {
      this.#options.log.error({ err: error, kernelId }, 'a subscriber of the run queue failed');
    }
  }

  async #step<T>(kernelId: KernelId, name: QueueStepName, args: readonly string[], shape: z.ZodType<T>): Promise<T> {
    return shape.parse(JSON.parse(await this.#run(kernelId, name, args)));
  }

  #run(kernelId: KernelId, name: QueueStepName, args: readonly string[]): Promise<string> {
    return this.#options.connection.run(name, queueKeys(kernelId).all, args);
  }
}

/** What scripts/enqueue.lua takes of a run: JSON texts are cut where Lua joins them with what it knows. */
function toStored({ view, source, fileId, ...more }: QueuedRun): readonly string[] {
  const { runId, batchId, author, target, sourceHash, queuedAt } = view;
  const pinned = JSON.stringify({ runId, batchId, author, target, sourceHash, queuedAt }).slice(0, -1);
  const { allowStdin, storeHistory, silent, stopOnError, request } = more;
  const rest = JSON.stringify({ fileId, allowStdin, storeHistory, silent, stopOnError, request }).slice(1, -1);
  return [runId, author.participantId, cellOf(view, fileId), sourceHash, pinned, rest, wellFormed(source)];
}

/** Cell ids are unique in their notebook only. */
function cellOf({ target }: RunView, fileId: FileId | null): string {
  return target.kind === 'cell' ? `${cellsOf(fileId)}${target.cellId}` : '';
}

/** How all cells of a notebook begin. */
function cellsOf(fileId: FileId | null): string {
  return `${JSON.stringify(fileId)} `;
}

/** Joined with the run's view: nothing else may be in it. */
function settlementText({ state, finishedAt, executionCount, reason }: Settlement): string {
  return JSON.stringify({ state, finishedAt, executionCount, reason });
}

/** Half of a surrogate pair has no UTF-8, neither here nor on its way to a kernel. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
