/**
 * The run queue in Redis: each step is one Lua script (scripts/*.lua), so it happens wholly or not at all, whichever
 * hub asks. Durable as far as the server's persistence goes.
 */
import { DEFAULT_QUEUE_RULES } from '@cokernel/proto/hub';
import type { FileId, HeldReason, KernelId, QueueRules, RequestId, RunId, RunView } from '@cokernel/proto/hub';
import type { Logger } from 'pino';
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
import { StoredMove } from '../stored-run.js';
import { ChangeFeed } from './change-feed.js';
import { queueKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import type { QueueStepName } from './script-texts.js';
import {
  parseAnswer,
  parseFound,
  parseKeptAnswer,
  parseRunning,
  parseRuns,
  parseSettle,
  parseSnapshot,
  parseTake,
  type PinnedRun,
} from './stored-views.js';

export interface RedisRunQueueOptions {
  readonly connection: RedisConnection;
  readonly log: Logger;
}

type Listener = (change: QueueChange) => void;

interface Subscription {
  readonly feed: ChangeFeed;
  readonly listeners: Set<Listener>;
}

export class RedisRunQueue implements RunQueue {
  readonly #options: RedisRunQueueOptions;
  readonly #subscriptions = new Map<KernelId, Subscription>();

  constructor(options: RedisRunQueueOptions) {
    this.#options = options;
  }

  async enqueue(kernelId: KernelId, requestId: RequestId, runs: readonly QueuedRun[]): Promise<EnqueueOutcome> {
    const answer = await this.#run(kernelId, 'enqueue', [requestId, ...runs.flatMap(toStored)]);
    return parseAnswer(
      answer,
      runs.map(({ view }) => view),
    );
  }

  async answered(kernelId: KernelId, requestId: RequestId): Promise<EnqueueOutcome | null> {
    return parseKeptAnswer(await this.#run(kernelId, 'answered', [requestId]));
  }

  async takeNext(kernelId: KernelId, fence: number, startedAt: string): Promise<TakeOutcome> {
    return parseTake(await this.#own(kernelId, 'take-next', [String(fence), JSON.stringify(startedAt)]));
  }

  async settle(
    kernelId: KernelId,
    fence: number,
    runId: RunId,
    end: Settlement,
  ): Promise<{ readonly outcome: 'settled' } | StaleFence> {
    return parseSettle(await this.#own(kernelId, 'settle', settleArgs(fence, runId, end)));
  }

  async settleAndTakeNext(
    kernelId: KernelId,
    fence: number,
    runId: RunId,
    end: Settlement,
    startedAt: string,
  ): Promise<TakeOutcome> {
    const args = [...settleArgs(fence, runId, end), JSON.stringify(startedAt)];
    return parseTake(await this.#own(kernelId, 'settle-and-take-next', args));
  }

  async cancel(
    kernelId: KernelId,
    selector: CancelSelector,
    finishedAt: string,
    reason: string,
  ): Promise<readonly RunView[]> {
    const args = [selector, finishedAt, reason, keptSince(finishedAt)].map((each) => JSON.stringify(each));
    const runs = parseRuns(await this.#run(kernelId, 'cancel', args));
    return runs.map((run) => ({ ...run, state: 'cancelled', finishedAt, reason }));
  }

  async move(
    kernelId: KernelId,
    runId: RunId,
    before: RunId | null,
    { participantId, fileId }: MoveWithin,
  ): Promise<MoveOutcome> {
    const cells = fileId === null ? '' : cellsOf(fileId);
    const ids = [JSON.stringify(runId), before === null ? '' : JSON.stringify(before), JSON.stringify(participantId)];
    return StoredMove.parse(JSON.parse(await this.#run(kernelId, 'move', [...ids, cells])));
  }

  async setRules(kernelId: KernelId, rules: QueueRules): Promise<void> {
    await this.#run(kernelId, 'set-rules', [rulesText(rules), rulesText(DEFAULT_QUEUE_RULES)]);
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

  async running(kernelId: KernelId): Promise<QueuedRun | null> {
    return parseRunning(await this.#own(kernelId, 'running', []));
  }

  async find(kernelId: KernelId, runId: RunId): Promise<RunView | null> {
    return parseFound(await this.#run(kernelId, 'find', [JSON.stringify(runId)]));
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

  /** A step that owners do. */
  #own(kernelId: KernelId, name: QueueStepName, args: readonly string[]): Promise<readonly string[]> {
    return this.#options.connection.list(name, queueKeys(kernelId).most, args);
  }

  #run(kernelId: KernelId, name: QueueStepName, args: readonly string[]): Promise<string> {
    const { all, most } = queueKeys(kernelId);
    return this.#options.connection.run(name, name === 'enqueue' || name === 'drop' ? all : most, args);
  }
}

/** What scripts/enqueue.lua takes of a run. */
function toStored({ view, source, fileId, request, ...flags }: QueuedRun): readonly string[] {
  const { runId, batchId, author, target, sourceHash, queuedAt } = view;
  const pinned: PinnedRun = { runId, batchId, author, target, sourceHash, queuedAt, fileId, ...unusual(flags) };
  const id = JSON.stringify(runId);
  // What a client asked for is its own run's.
  const hash = request === null ? shortHash(sourceHash) : id;
  const text = inBraces({ source: wellFormed(source), ...(request === null ? {} : { client: request }) });
  return [id, JSON.stringify(author.participantId), cellOf(view, fileId), hash, JSON.stringify(pinned), text];
}

type Flags = Pick<QueuedRun, 'allowStdin' | 'storeHistory' | 'silent' | 'stopOnError'>;

/** Those that are not as with most runs. */
function unusual({ allowStdin, storeHistory, silent, stopOnError }: Flags): Partial<Flags> {
  return {
    ...(allowStdin ? {} : { allowStdin }),
    ...(storeHistory ? {} : { storeHistory }),
    ...(silent ? { silent } : {}),
    ...(stopOnError ? {} : { stopOnError }),
  };
}

/** What scripts/settle.lua takes. */
function settleArgs(fence: number, runId: RunId, { finishedAt, ...end }: Settlement): readonly string[] {
  const { state, executionCount, reason } = end;
  const times = [JSON.stringify(finishedAt), JSON.stringify(keptSince(finishedAt))];
  return [String(fence), JSON.stringify(runId), inBraces({ state, executionCount, reason }), ...times];
}

/** JSON of an object, but for the braces around it. */
function inBraces(value: object): string {
  return JSON.stringify(value).slice(1, -1);
}

/** 128 bits of it. */
function shortHash(sourceHash: string): string {
  return sourceHash.slice(0, 32);
}

/** Cell ids are unique in their notebook only. */
function cellOf({ target }: RunView, fileId: FileId | null): string {
  return target.kind === 'cell' ? `${cellsOf(fileId)}${target.cellId}` : '';
}

/** How all cells of a notebook begin. */
function cellsOf(fileId: FileId | null): string {
  return `${JSON.stringify(fileId)} `;
}

/** Always alike, so that texts can be compared. */
function rulesText({ order, mostWaiting, mostSeconds }: QueueRules): string {
  return JSON.stringify({ order, mostWaiting, mostSeconds });
}

/** Half of a surrogate pair has no UTF-8, neither here nor on its way to a kernel. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
