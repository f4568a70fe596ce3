/** Random steps on a run queue, as few kinds of each thing as make them meet. */
import { CellId, FileId, HeldReason, ParticipantId, type QueueRules, RequestId, RunId } from '@cokernel/proto/hub';
import fc from 'fast-check';
import type { CancelSelector, MoveWithin, Settlement } from '../../src/run/run-queue.js';
import type { RunTraits } from '../support/queued-run.js';

export type Command =
  | { readonly do: 'enqueue'; readonly requestId: RequestId; readonly runs: readonly RunTraits[] }
  | { readonly do: 'take'; readonly fenceBack: number; readonly startedAt: string }
  | {
      readonly do: 'settle';
      readonly fenceBack: number;
      readonly end: Settlement;
      readonly other: boolean;
      /** The next is taken in the same step. */
      readonly startedAt: string | null;
    }
  | { readonly do: 'cancel'; readonly selector: CancelSelector }
  | { readonly do: 'move'; readonly run: number; readonly before: number | null; readonly within: MoveWithin }
  | { readonly do: 'rules'; readonly rules: QueueRules }
  | { readonly do: 'hold'; readonly reason: HeldReason }
  | { readonly do: 'release' }
  | { readonly do: 'claim' };

/** Of the same prototype as what a store gives back. */
function plain<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true });
}

const few = (...names: string[]): fc.Arbitrary<string> => fc.constantFrom(...names);
const runId = fc.integer({ min: 0, max: 40 }).map((index) => RunId.parse(`run-${String(index)}`));
const traits: fc.Arbitrary<RunTraits> = plain({
  batch: few('b1', 'b2', 'b3'),
  author: few('ann', 'ben', 'cem'),
  cell: fc.constantFrom('c1', 'c2', 'c3', null),
  file: few('f1', 'f2'),
  source: few('', 'x = 1', 'π 🙂 "\\u0000" \\ \n[]{}'),
  stopOnError: fc.boolean(),
});
const end: fc.Arbitrary<Settlement> = plain({
  state: fc.constantFrom('succeeded', 'failed', 'cancelled', 'lost'),
  finishedAt: few('2026-01-01T00:00:02.000Z', '2026-01-01T00:00:02.000Z', '2026-01-08T00:00:02.500Z'),
  executionCount: fc.constantFrom(null, 0, 7, 123_456_789_012),
  reason: fc.constantFrom(null, 'ValueError: "ü"'),
});
const selector: fc.Arbitrary<CancelSelector> = fc.oneof(
  plain({ by: fc.constant('runs' as const), runIds: fc.array(runId, { maxLength: 4 }) }),
  plain({ by: fc.constant('author' as const), participantId: few('ann', 'ben', 'nobody') }),
  plain({ by: fc.constant('cell' as const), cellId: few('c1', 'c2').map((id) => CellId.parse(id)) }),
  fc.constant({ by: 'all' as const }),
);
const rules: fc.Arbitrary<QueueRules> = plain({
  order: fc.constantFrom('fifo', 'fair', 'fair'),
  mostWaiting: fc.constantFrom(null, null, 3),
  mostSeconds: fc.constantFrom(null, 0.5, 60),
});
const within: fc.Arbitrary<MoveWithin> = plain({
  participantId: few('ann', 'ben').map((id) => ParticipantId.parse(id)),
  fileId: fc.constantFrom('f1', 'f2', null).map((id) => (id === null ? null : FileId.parse(id))),
});
const startedAt = few('2026-01-01T00:00:01.000Z', '2026-01-01T00:00:01.500Z');
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
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), fenceBack, startedAt }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      fenceBack,
      end,
      other: fc.constantFrom(false, false, false, true),
      startedAt: fc.option(startedAt, { freq: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), selector }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      run: fc.nat({ max: 8 }),
      before: fc.option(fc.nat({ max: 8 })),
      within,
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

const MOST_COMMANDS = 30;

export const commandSequence: fc.Arbitrary<Command[]> = fc.array(command, {
  minLength: 1,
  maxLength: MOST_COMMANDS,
  size: 'max',
});
