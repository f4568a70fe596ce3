/**
 * Random sequences of steps: a RunQueue must answer, tell and hold what the pure model (run-queue-state.ts) does, and hold it
 * still when its store was opened anew. Nothing of a test framework is in it: the long run plays it too.
 */
import { isDeepStrictEqual } from 'node:util';
import { RunId } from '@cokernel/proto/hub';
import type { KernelId } from '@cokernel/proto/hub';
import fc from 'fast-check';
import { enqueue } from '../../src/run/enqueue.js';
import type { QueueChange } from '../../src/run/run-queue.js';
import {
  cancel,
  changeOf,
  emptyRunQueue,
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
} from '../../src/run/run-queue-state.js';
import { newHubId, newKernelId, queuedRun } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';
import { type Command, commandSequence } from './queue-commands.js';
import type { QueueStore } from './run-queue-contract.js';

const finishedAt = '2026-01-01T00:00:03.000Z';

/** Plays commands on a store and on the model at once; throws what differs. */
class Comparison {
  readonly #store: QueueStore;
  readonly #kernelId: KernelId = newKernelId();
  readonly #owner = newHubId();
  readonly #told: QueueChange[] = [];
  readonly #expected: QueueChange[] = [];
  #model: RunQueueState = emptyRunQueue;
  #fence = 0;
  #runs = 0;
  #steps = 0;

  constructor(store: QueueStore) {
    this.#store = store;
  }

  get steps(): number {
    return this.#steps;
  }

  async play(commands: readonly Command[]): Promise<void> {
    const { runQueue } = this.#store;
    const unsubscribe = runQueue.subscribe(this.#kernelId, (change) => this.#told.push(change));
    for (const each of commands) {
      await this.#do(each);
      this.#steps += 1;
      requireSame('the snapshot', await runQueue.snapshot(this.#kernelId), snapshotOf(this.#model));
      requireSame('the running run', await runQueue.running(this.#kernelId), this.#model.running);
    }
    await this.look(runQueue);
    await waitUntil('every change is told', () => this.#told.length >= this.#expected.length);
    unsubscribe();
    requireSame('what was told', this.#told, this.#expected);
  }

  /** What the queue holds; also in a store that was opened anew. */
  async look(runQueue: QueueStore['runQueue']): Promise<void> {
    requireSame('the snapshot', await runQueue.snapshot(this.#kernelId), snapshotOf(this.#model));
    requireSame('the running run', await runQueue.running(this.#kernelId), this.#model.running);
    for (let index = 0; index < this.#runs; index += 1) {
      const id = RunId.parse(`run-${String(index)}`);
      requireSame(id, await runQueue.find(this.#kernelId, id), findRun(this.#model, id));
    }
  }

  async #do(command: Command): Promise<void> {
    const { runQueue, leases } = this.#store;
    const kernelId = this.#kernelId;
    switch (command.do) {
      case 'enqueue': {
        const runs = command.runs.map((each) => queuedRun({ ...each, runId: `run-${String(this.#runs++)}` }));
        const answer = await runQueue.enqueue(kernelId, command.requestId, runs);
        this.#compare(answer, enqueue(this.#model, command.requestId, runs));
        return;
      }
      case 'take': {
        const fence = this.#fence - command.fenceBack;
        const answer = await runQueue.takeNext(kernelId, fence, command.startedAt);
        this.#compare(answer, takeNext(this.#model, fence, this.#fence, command.startedAt));
        return;
      }
      case 'settle': {
        const fence = this.#fence - command.fenceBack;
        const id = (command.other ? undefined : this.#model.running?.view.runId) ?? RunId.parse('run-0');
        const { end, startedAt } = command;
        if (startedAt === null) {
          const answer = await runQueue.settle(kernelId, fence, id, end);
          this.#compare(answer, settle(this.#model, fence, this.#fence, id, end));
        } else {
          const answer = await runQueue.settleAndTakeNext(kernelId, fence, id, end, startedAt);
          this.#compare(answer, settleAndTakeNext(this.#model, fence, this.#fence, id, end, startedAt));
        }
        return;
      }
      case 'cancel': {
        const answer = await runQueue.cancel(kernelId, command.selector, finishedAt, 'withdrawn');
        this.#compare(answer, cancel(this.#model, command.selector, finishedAt, 'withdrawn'));
        return;
      }
      case 'move': {
        const runId = this.#waiting(command.run);
        const before = command.before === null ? null : this.#waiting(command.before);
        const answer = await runQueue.move(kernelId, runId, before, command.within);
        this.#compare(answer, move(this.#model, runId, before, command.within));
        return;
      }
      case 'rules':
        await runQueue.setRules(kernelId, command.rules);
        this.#compare(undefined, setRules(this.#model, command.rules));
        return;
      case 'hold':
        await runQueue.hold(kernelId, command.reason);
        this.#compare(undefined, setHeld(this.#model, command.reason));
        return;
      case 'release':
        await runQueue.release(kernelId);
        this.#compare(undefined, setHeld(this.#model, null));
        return;
      case 'claim': {
        const claim = await leases.claim({ kind: 'kernel', id: kernelId }, this.#owner, 60_000, 0);
        this.#fence += 1;
        requireSame('the claim', claim, { outcome: 'claimed', fence: this.#fence });
        return;
      }
    }
  }

  /** The run at this place; one that does not wait when there is none. */
  #waiting(place: number): RunId {
    return this.#model.queued[place]?.value.view.runId ?? RunId.parse('run-0');
  }

  #compare<Answer>(answer: Answer, step: QueueStep<Answer>): void {
    requireSame('the answer', answer, step.answer);
    const change = changeOf(this.#model, step);
    if (change !== null) this.#expected.push(change);
    this.#model = step.state;
  }
}

function requireSame(what: string, given: unknown, wanted: unknown): void {
  if (isDeepStrictEqual(given, wanted)) return;
  throw new Error(`${what} is ${JSON.stringify(given)} and should be ${JSON.stringify(wanted)}`);
}

export interface Compared {
  readonly sequences: number;
  readonly steps: number;
}

/** `openStore` opens the same store each time. Rejects with the shortest sequence that it finds to differ. */
export async function compareWithModel(
  openStore: () => Promise<QueueStore>,
  { seed, sequences }: { readonly seed: number; readonly sequences: number },
): Promise<Compared> {
  const comparisons: Comparison[] = [];
  const play = async (store: QueueStore, commands: readonly Command[]): Promise<void> => {
    const comparison = new Comparison(store);
    comparisons.push(comparison);
    await comparison.play(commands);
  };
  await withStore(openStore, (store) =>
    fc.assert(
      fc.asyncProperty(commandSequence, (commands) => play(store, commands)),
      { seed, numRuns: sequences },
    ),
  );
  await withStore(openStore, async ({ runQueue }) => {
    for (const comparison of comparisons) await comparison.look(runQueue);
  });
  return { sequences, steps: comparisons.reduce((sum, { steps }) => sum + steps, 0) };
}

async function withStore(
  openStore: () => Promise<QueueStore>,
  use: (store: QueueStore) => Promise<void>,
): Promise<void> {
  const store = await openStore();
  try {
    await use(store);
  } finally {
    await store.close();
  }
}
