/**
 * Pure: reads what the scripts answer and tell. Redis keeps what never changes of a run's view, and beside it what does; here the two
 * are made one (scripts/queue-state.lua).
 */
import { DEFAULT_QUEUE_RULES, HeldReason, QueueRules, RunView } from '@cokernel/proto/hub';
import { z } from 'zod';
import {
  type EnqueueOutcome,
  type QueuedRun,
  type QueueSnapshot,
  Settlement,
  type StaleFence,
  type TakeOutcome,
} from '../../run/run-queue.js';
import { QueuedRest, TooManyWait } from '../stored-run.js';

/** What never changes of a view. */
export const PinnedView = RunView.pick({
  runId: true,
  batchId: true,
  author: true,
  target: true,
  sourceHash: true,
  queuedAt: true,
});
export type PinnedView = z.infer<typeof PinnedView>;

const Running = z.object({ run: PinnedView, startedAt: z.string() });
const Taken = Running.extend({ source: z.string(), rest: QueuedRest });
const Found = z.object({
  run: PinnedView,
  startedAt: z.string().optional(),
  end: Settlement.extend({ startedAt: z.string().nullable() }).optional(),
});
const Snapshot = z.object({
  number: z.number().int().nonnegative(),
  held: HeldReason.nullable(),
  rules: QueueRules.default(DEFAULT_QUEUE_RULES),
  running: Running.nullable(),
  queued: z.array(PinnedView),
});
const Accepted = z.object({
  outcome: z.literal('accepted'),
  runs: z.array(
    z.object({ outcome: z.enum(['queued', 'merged']), run: PinnedView, place: z.number().int().positive() }),
  ),
});
const Answer = z.discriminatedUnion('outcome', [Accepted, TooManyWait]);
const Stale = z.object({ outcome: z.literal('stale'), highestFence: z.number().int().nonnegative() });
const Take = z.discriminatedUnion('outcome', [
  Taken.extend({ outcome: z.literal('taken') }),
  z.object({ outcome: z.literal('nothing') }),
  Stale,
]);
const Settle = z.discriminatedUnion('outcome', [z.object({ outcome: z.literal('settled') }), Stale]);

export function queuedView({ runId, batchId, author, target, sourceHash, queuedAt }: PinnedView): RunView {
  const open = { startedAt: null, finishedAt: null, executionCount: null, reason: null };
  return { runId, batchId, author, target, state: 'queued', sourceHash, queuedAt, ...open };
}

function runningView({ run, startedAt }: z.infer<typeof Running>): RunView {
  return { ...queuedView(run), state: 'running', startedAt };
}

function runningRun({ run, startedAt, source, rest }: z.infer<typeof Taken>): QueuedRun {
  return { view: runningView({ run, startedAt }), source, ...rest };
}

export function parseAnswer(text: string): EnqueueOutcome | null {
  const answer = Answer.nullable().parse(JSON.parse(text));
  if (answer?.outcome !== 'accepted') return answer;
  return { outcome: 'accepted', runs: answer.runs.map((each) => ({ ...each, run: queuedView(each.run) })) };
}

export function parseTake(text: string): TakeOutcome {
  const answer = Take.parse(JSON.parse(text));
  return answer.outcome === 'taken' ? { outcome: 'taken', run: runningRun(answer) } : answer;
}

export function parseSettle(text: string): { readonly outcome: 'settled' } | StaleFence {
  return Settle.parse(JSON.parse(text));
}

export function parseRunning(text: string): QueuedRun | null {
  const taken = Taken.nullable().parse(JSON.parse(text));
  return taken && runningRun(taken);
}

export function parseFound(text: string): RunView | null {
  const found = Found.nullable().parse(JSON.parse(text));
  if (found === null) return null;
  const { run, startedAt, end } = found;
  if (end !== undefined) return { ...run, ...end };
  return startedAt === undefined ? queuedView(run) : runningView({ run, startedAt });
}

/** Of runs that waited. */
export function parseRuns(text: string): readonly RunView[] {
  return z.array(PinnedView).parse(JSON.parse(text)).map(queuedView);
}

export function parseSnapshot(text: string): QueueSnapshot {
  const { running, queued, ...queue } = Snapshot.parse(JSON.parse(text));
  return { ...queue, running: running && runningView(running), queued: queued.map(queuedView) };
}
