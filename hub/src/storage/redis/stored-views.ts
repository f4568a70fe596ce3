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
type PinnedView = z.infer<typeof PinnedView>;

/** And what only the owner needs, but for what a Jupyter client asked for. */
const PinnedRun = PinnedView.extend({
  fileId: QueuedRest.shape.fileId,
  // As with most runs, when it is absent.
  allowStdin: z.boolean().default(true),
  storeHistory: z.boolean().default(true),
  silent: z.boolean().default(false),
  stopOnError: z.boolean().default(true),
});
export type PinnedRun = z.input<typeof PinnedRun>;

const Running = z.object({ run: PinnedView, startedAt: z.string() });
const Taken = Running.extend({ run: PinnedRun, source: z.string(), client: QueuedRest.shape.request });
const Found = z.object({
  run: PinnedView,
  startedAt: z.string().nullable(),
  end: Settlement.optional(),
});
const Snapshot = z.object({
  number: z.number().int().nonnegative(),
  held: HeldReason.nullable(),
  rules: QueueRules.default(DEFAULT_QUEUE_RULES),
  running: Running.nullable(),
  queued: z.array(PinnedView),
});
/** Places are counted from 0. A run that was queued is not told: who asks for it knows it. One into which another merged is not the asker's, and told. */
const Accepted = z.object({
  outcome: z.literal('accepted'),
  runs: z.array(
    z.discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('queued'), at: z.number().int().nonnegative() }),
      z.object({ outcome: z.literal('merged'), at: z.number().int().nonnegative(), run: PinnedView }),
    ]),
  ),
});
const Answer = z.object({
  answer: z.discriminatedUnion('outcome', [Accepted, TooManyWait]),
  /** Those that were queued, in order, when it was given before. */
  runs: z.array(PinnedView).optional(),
});
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

function runningRun({ run, startedAt, source, client: request }: z.infer<typeof Taken>): QueuedRun {
  const { fileId, allowStdin, storeHistory, silent, stopOnError } = run;
  return {
    view: runningView({ run, startedAt }),
    source,
    fileId,
    allowStdin,
    storeHistory,
    silent,
    stopOnError,
    request,
  };
}

/** `asked`: the runs of the request. */
export function parseAnswer(text: string, asked: readonly RunView[]): EnqueueOutcome {
  return wholeAnswer(Answer.parse(JSON.parse(text)), asked);
}

/** Null: it is not kept. */
export function parseKeptAnswer(text: string): EnqueueOutcome | null {
  const kept = Answer.nullable().parse(JSON.parse(text));
  return kept && wholeAnswer(kept, []);
}

function wholeAnswer({ answer, runs }: z.infer<typeof Answer>, asked: readonly RunView[]): EnqueueOutcome {
  if (answer.outcome !== 'accepted') return answer;
  const queued = runs?.map(queuedView) ?? asked.filter((_, index) => answer.runs[index]?.outcome === 'queued');
  let next = 0;
  return {
    outcome: 'accepted',
    runs: answer.runs.map((each) => {
      const run = each.outcome === 'merged' ? queuedView(each.run) : queued[next++];
      if (run === undefined) throw new Error('an answer tells of fewer runs than it queued');
      return { outcome: each.outcome, place: each.at + 1, run };
    }),
  };
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
  if (end !== undefined) return { ...run, startedAt, ...end };
  return startedAt === null ? queuedView(run) : runningView({ run, startedAt });
}

/** Of runs that waited. */
export function parseRuns(text: string): readonly RunView[] {
  return z.array(PinnedView).parse(JSON.parse(text)).map(queuedView);
}

export function parseSnapshot(text: string): QueueSnapshot {
  const { running, queued, ...queue } = Snapshot.parse(JSON.parse(text));
  return { ...queue, running: running && runningView(running), queued: queued.map(queuedView) };
}
