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
/**
 * Of each run of a request where it waits, counted from 0: a run that was queued is not told, who asks for it knows it; one
 * into which another merged is not the asker's, and told.
 */
const Places = z.array(
  z.union([z.number().int().nonnegative(), z.object({ at: z.number().int().nonnegative(), run: PinnedView })]),
);
const Answer = z.union([Places, TooManyWait]);
/** That was given before, with those that were queued, in order. */
const KeptAnswer = z.object({ answer: Answer, runs: z.array(PinnedView) });
const NewOrKept = z.union([Answer, KeptAnswer]);

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
  const answer = NewOrKept.parse(JSON.parse(text));
  if ('answer' in answer) return keptAnswer(answer);
  if (!Array.isArray(answer)) return answer;
  const queued = asked.filter((_, index) => typeof answer[index] === 'number');
  return accepted(answer, queued);
}

/** Null: it is not kept. */
export function parseKeptAnswer(text: string): EnqueueOutcome | null {
  const kept = KeptAnswer.nullable().parse(JSON.parse(text));
  return kept && keptAnswer(kept);
}

function keptAnswer({ answer, runs }: z.infer<typeof KeptAnswer>): EnqueueOutcome {
  return Array.isArray(answer) ? accepted(answer, runs.map(queuedView)) : answer;
}

function accepted(places: z.infer<typeof Places>, queued: readonly RunView[]): EnqueueOutcome {
  let next = 0;
  return {
    outcome: 'accepted',
    runs: places.map((place) => {
      if (typeof place !== 'number') return { outcome: 'merged', place: place.at + 1, run: queuedView(place.run) };
      const run = queued[next++];
      if (run === undefined) throw new Error('an answer tells of fewer runs than it queued');
      return { outcome: 'queued', place: place + 1, run };
    }),
  };
}

/** What an owner's step answers: nothing, the highest fence when that is above its own, or what is pinned of the run that runs. */
export function parseTake(answer: readonly string[]): TakeOutcome {
  const run = answer.length > 1 ? parseRunning(answer) : null;
  return run === null ? (staleFence(answer) ?? { outcome: 'nothing' }) : { outcome: 'taken', run };
}

export function parseSettle(answer: readonly string[]): { readonly outcome: 'settled' } | StaleFence {
  return staleFence(answer) ?? { outcome: 'settled' };
}

function staleFence([highest]: readonly string[]): StaleFence | null {
  return highest === undefined ? null : { outcome: 'stale', highestFence: z.coerce.number().int().parse(highest) };
}

export function parseRunning([startedAt, run, source]: readonly string[]): QueuedRun | null {
  if (startedAt === undefined) return null;
  return runningRun(Taken.parse(JSON.parse(`{"startedAt":${startedAt},"run":${String(run)},${String(source)}}`)));
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
