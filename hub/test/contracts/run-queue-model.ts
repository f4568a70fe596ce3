/** Random sequences of steps: a RunQueue must answer and tell what the pure model (run-queue-state.ts) does. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CellId, HeldReason, ParticipantId, QueueRules, RequestId, RunId } from '@cokernel/proto/hub';
import type { KernelId } from '@cokernel/proto/hub';
import fc from 'fast-check';
import { enqueue } from '../../src/run/enqueue.js';
import type { CancelSelector, QueueChange, Settlement } from '../../src/run/run-queue.js';
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
  snapshotOf,
  takeNext,
} from '../../src/run/run-queue-state.js';
import { newHubId, newKernelId, queuedRun, type RunTraits } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';
import type { QueueStore } from './run-queue-contract.js';

type Command =
  | { readonly do: 'enqueue'; readonly requestId: RequestId; readonly runs: readonly RunTraits[] }
  | { readonly do: 'take'; readonly fenceBack: number }
  | { readonly do: 'settle'; readonly fenceBack: number; readonly end: Settlement; readonly other: boolean }
  | { readonly do: 'cancel'; readonly selector: CancelSelector }
  | { readonly do: 'move'; readonly run: number; readonly before: number | null; readonly within: ParticipantId | null }
  | { readonly do: 'rules'; readonly rules: QueueRules }
  | { readonly do: 'hold'; readonly reason: HeldReason }
  | { readonly do: 'release' }
  | { readonly do: 'claim' };

const few = (...names: string[]): fc.Arbitrary<string> => fc.constantFrom(...names);
const runId = fc.integer({ min: 0, max: 40 }).map((index) => RunId.parse(`run-${String(index)}`));
const traits: fc.Arbitrary<RunTraits> = fc.record({
  batch: few('b1', 'b2', 'b3'),
  author: few('ann', 'ben', 'cem'),
  cell: fc.constantFrom('c1', 'c2', 'c3', null),
  file: few('f1', 'f2'),
  source: few('', 'x = 1', 'π 🙂 "\\u0000" \\ \n[]{}'),
  stopOnError: fc.boolean(),
});
const end: fc.Arbitrary<Settlement> = fc.record({
  state: fc.constantFrom('succeeded', 'failed', 'cancelled', 'lost'),
  finishedAt: few('2026-01-01T00:00:02.000Z', '2026-01-01T00:00:02.000Z', '2026-01-08T00:00:02.500Z'),
  executionCount: fc.constantFrom(null, 0, 7, 123_456_789_012),
  reason: fc.constantFrom(null, 'ValueError: "ü"'),
});
const selector: fc.Arbitrary<CancelSelector> = fc.oneof(
  fc.record({ by: fc.constant('runs' as const), runIds: fc.array(runId, { maxLength: 4 }) }),
  fc.record({ by: fc.constant('author' as const), participantId: few('ann', 'ben', 'nobody') }),
  fc.record({ by: fc.constant('cell' as const), cellId: few('c1', 'c2').map((id) => CellId.parse(id)) }),
  fc.constant({ by: 'all' as const }),
);
const rules: fc.Arbitrary<QueueRules> = fc.record({
  order: fc.constantFrom('fifo', 'fair', 'fair'),
  mostWaiting: fc.constantFrom(null, null, 3),
  mostSeconds: fc.constantFrom(null, 0.5, 60),
});
const fenceBack = fc.constantFrom(0, 0, 0, 0, 1);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('enqueue' as const),
      requestId: fc.integer({ min: 0, max: 12 }).map((id) => RequestId.parse(`request-${String(id)}`)),
      runs: fc.array(traits, { maxLength: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), fenceBack }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      fenceBack,
      end,
      other: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), selector }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      run: fc.nat({ max: 8 }),
      before: fc.option(fc.nat({ max: 8 })),
      within: fc.option(few('ann', 'ben').map((id) => ParticipantId.parse(id))),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rules' as const), rules }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('hold' as const), reason: fc.constantFrom(...HeldReason.options) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'release' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'claim' as const }) },
);

const startedAt = '2026-01-01T00:00:01.000Z';
const finishedAt = '2026-01-01T00:00:03.000Z';

/** Plays commands on a store and on the model at once. */
class Comparison {
  readonly #store: QueueStore;
  readonly #kernelId: KernelId = newKernelId();
  readonly #owner = newHubId();
  readonly #told: QueueChange[] = [];
  readonly #expected: QueueChange[] = [];
  #model: RunQueueState = emptyRunQueue;
  #fence = 0;
  #runs = 0;

  constructor(store: QueueStore) {
    this.#store = store;
  }

  async play(commands: readonly Command[]): Promise<void> {
    const { runQueue } = this.#store;
    const unsubscribe = runQueue.subscribe(this.#kernelId, (change) => this.#told.push(change));
    for (const each of commands) {
      await this.#do(each);
      expect(await runQueue.snapshot(this.#kernelId)).toEqual(snapshotOf(this.#model));
      expect(await runQueue.running(this.#kernelId)).toEqual(this.#model.running);
    }
    for (let index = 0; index < this.#runs; index += 1) {
      const id = RunId.parse(`run-${String(index)}`);
      expect(await runQueue.find(this.#kernelId, id)).toEqual(findRun(this.#model, id));
    }
    await waitUntil('every change is told', () => this.#told.length >= this.#expected.length);
    unsubscribe();
    expect(this.#told).toEqual(this.#expected);
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
        const answer = await runQueue.takeNext(kernelId, fence, startedAt);
        this.#compare(answer, takeNext(this.#model, fence, this.#fence, startedAt));
        return;
      }
      case 'settle': {
        const fence = this.#fence - command.fenceBack;
        const id = (command.other ? undefined : this.#model.running?.view.runId) ?? RunId.parse('run-0');
        const answer = await runQueue.settle(kernelId, fence, id, command.end);
        this.#compare(answer, settle(this.#model, fence, this.#fence, id, command.end));
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
        expect(claim).toEqual({ outcome: 'claimed', fence: this.#fence + 1 });
        this.#fence = claim.fence;
        return;
      }
    }
  }

  /** The run at this place; one that does not wait when there is none. */
  #waiting(place: number): RunId {
    return this.#model.queued[place]?.value.view.runId ?? RunId.parse('run-0');
  }

  #compare<Answer>(answer: Answer, step: QueueStep<Answer>): void {
    expect(answer).toEqual(step.answer);
    const change = changeOf(this.#model, step);
    if (change !== null) this.#expected.push(change);
    this.#model = step.state;
  }
}

export function runQueueModel(openStore: () => Promise<QueueStore>, options: { readonly sequences: number }): void {
  let store: QueueStore;
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(async () => {
    await store.close();
  });

  test('any sequence of steps answers and tells what the model does', async () => {
    const sequences = fc.array(command, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(sequences, (commands) => new Comparison(store).play(commands)),
      { numRuns: options.sequences },
    );
  }, 120_000);
}
