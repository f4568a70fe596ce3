/**
 * The run queue in LMDB. A step is: the state from memory (or, the first time, from the file), the pure step, one
 * durable atomic transaction with what it changed, then the subscribers, then the answer. Steps on one kernel pass one
 * after the other, in one line with those on its lease, so that a fence is checked against the newest claim.
 */
import type { HeldReason, KernelId, QueueRules, RequestId, RunId, RunView } from '@cokernel/proto/hub';
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
import { QueueUnavailable } from '../../run/run-queue.js';
import { answered, enqueue } from '../../run/enqueue.js';
import {
  cancel,
  changeOf,
  findRun,
  move,
  type QueueStep,
  type RunQueueState,
  setHeld,
  setRules,
  settle,
  settleAndTakeNext,
  snapshotOf,
  takeNext,
} from '../../run/run-queue-state.js';
import type { StepLine } from '../step-line.js';
import type { EmbeddedLeaseStore } from './lease-store.js';
import type { LmdbRoot } from './lmdb-database.js';
import { dropQueue, loadQueue, storeQueue } from './queue-records.js';

export interface EmbeddedRunQueueOptions {
  readonly root: LmdbRoot;
  /** Shared with the lease store. */
  readonly line: StepLine;
  readonly leases: EmbeddedLeaseStore;
  readonly log: Logger;
}

type Listener = (change: QueueChange) => void;

export class EmbeddedRunQueue implements RunQueue {
  readonly #options: EmbeddedRunQueueOptions;
  readonly #states = new Map<KernelId, RunQueueState>();
  readonly #listeners = new Map<KernelId, Set<Listener>>();
  #closed = false;

  constructor(options: EmbeddedRunQueueOptions) {
    this.#options = options;
  }

  enqueue(kernelId: KernelId, requestId: RequestId, runs: readonly QueuedRun[]): Promise<EnqueueOutcome> {
    return this.#step(kernelId, (state) => enqueue(state, requestId, runs));
  }

  answered(kernelId: KernelId, requestId: RequestId): Promise<EnqueueOutcome | null> {
    return this.#inLine(kernelId, () => answered(this.#stateOf(kernelId), requestId));
  }

  takeNext(kernelId: KernelId, fence: number, startedAt: string): Promise<TakeOutcome> {
    return this.#step(kernelId, (state) => takeNext(state, fence, this.#leaseFence(kernelId), startedAt));
  }

  settle(
    kernelId: KernelId,
    fence: number,
    runId: RunId,
    end: Settlement,
  ): Promise<{ readonly outcome: 'settled' } | StaleFence> {
    return this.#step(kernelId, (state) => settle(state, fence, this.#leaseFence(kernelId), runId, end));
  }

  settleAndTakeNext(
    kernelId: KernelId,
    fence: number,
    runId: RunId,
    end: Settlement,
    startedAt: string,
  ): Promise<TakeOutcome> {
    return this.#step(kernelId, (state) =>
      settleAndTakeNext(state, fence, this.#leaseFence(kernelId), runId, end, startedAt),
    );
  }

  cancel(
    kernelId: KernelId,
    selector: CancelSelector,
    finishedAt: string,
    reason: string,
  ): Promise<readonly RunView[]> {
    return this.#step(kernelId, (state) => cancel(state, selector, finishedAt, reason));
  }

  move(kernelId: KernelId, runId: RunId, before: RunId | null, within: MoveWithin): Promise<MoveOutcome> {
    return this.#step(kernelId, (state) => move(state, runId, before, within));
  }

  setRules(kernelId: KernelId, rules: QueueRules): Promise<void> {
    return this.#step(kernelId, (state) => setRules(state, rules));
  }

  hold(kernelId: KernelId, reason: HeldReason): Promise<void> {
    return this.#step(kernelId, (state) => setHeld(state, reason));
  }

  release(kernelId: KernelId): Promise<void> {
    return this.#step(kernelId, (state) => setHeld(state, null));
  }

  snapshot(kernelId: KernelId): Promise<QueueSnapshot> {
    return this.#inLine(kernelId, () => snapshotOf(this.#stateOf(kernelId)));
  }

  running(kernelId: KernelId): Promise<QueuedRun | null> {
    return this.#inLine(kernelId, () => this.#stateOf(kernelId).running);
  }

  find(kernelId: KernelId, runId: RunId): Promise<RunView | null> {
    return this.#inLine(kernelId, () => findRun(this.#stateOf(kernelId), runId));
  }

  subscribe(kernelId: KernelId, listener: Listener): () => void {
    const listeners = this.#listeners.get(kernelId) ?? new Set();
    this.#listeners.set(kernelId, listeners);
    // Wrapped, so that one function that subscribed twice is told twice and ends once.
    const entry: Listener = (change) => {
      listener(change);
    };
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(kernelId) === listeners) this.#listeners.delete(kernelId);
    };
  }

  drop(kernelId: KernelId): Promise<void> {
    return this.#inLine(kernelId, async () => {
      this.#states.delete(kernelId);
      await dropQueue(this.#options.root, kernelId);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.#options.line.idle();
  }

  #step<Answer>(kernelId: KernelId, step: (state: RunQueueState) => QueueStep<Answer>): Promise<Answer> {
    return this.#inLine(kernelId, async () => {
      const before = this.#stateOf(kernelId);
      const done = step(before);
      if (done.state !== before) await this.#store(kernelId, before, done.state);
      const change = changeOf(before, done);
      if (change !== null) this.#tell(kernelId, change);
      return done.answer;
    });
  }

  #inLine<Answer>(kernelId: KernelId, step: () => Promise<Answer> | Answer): Promise<Answer> {
    if (this.#closed) return Promise.reject(new QueueUnavailable('The store of queued runs is closed.'));
    return this.#options.line.pass(kernelId, step);
  }

  #stateOf(kernelId: KernelId): RunQueueState {
    const known = this.#states.get(kernelId);
    if (known !== undefined) return known;
    const loaded = loadQueue(this.#options.root, kernelId);
    this.#states.set(kernelId, loaded);
    return loaded;
  }

  async #store(kernelId: KernelId, before: RunQueueState, after: RunQueueState): Promise<void> {
    try {
      await storeQueue(this.#options.root, kernelId, before, after);
    } catch (error) {
      // What the file holds now is unknown: the next step reads it again.
      this.#states.delete(kernelId);
      throw new QueueUnavailable('The store of queued runs could not be written.', { cause: error });
    }
    this.#states.set(kernelId, after);
  }

  #tell(kernelId: KernelId, change: QueueChange): void {
    for (const listener of [...(this.#listeners.get(kernelId) ?? [])]) {
      try {
        listener(change);
      } catch (error) {
        this.#options.log.error({ err: error, kernelId }, 'a subscriber of the run queue failed');
      }
    }
  }

  #leaseFence(kernelId: KernelId): number {
    return this.#options.leases.highestFence({ kind: 'kernel', id: kernelId });
  }
}
