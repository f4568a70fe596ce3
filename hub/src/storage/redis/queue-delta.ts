/** Pure: what a step tells through Redis is what it changed; a listener makes the whole from what it knew before. */
import { HeldReason, QueueRules, RunId, type RunView } from '@cokernel/proto/hub';
import { z } from 'zod';
import { type QueueChange, type QueueSnapshot, Settlement } from '../../run/run-queue.js';
import { PinnedView, queuedView } from './stored-views.js';

/** What is absent is as before. */
const QueueDelta = z.object({
  number: z.number().int().positive(),
  held: HeldReason.nullable().optional(),
  rules: QueueRules.optional(),
  /** Runs that wait since this step, each with its place among those that wait then, counted from 0; put in one by one. */
  added: z.array(z.object({ at: z.number().int().nonnegative(), run: PinnedView })).optional(),
  /** What waits after this step, in another order. */
  order: z.array(RunId).optional(),
  /** The run that waited and runs now. */
  started: z.object({ runId: RunId, startedAt: z.string() }).optional(),
  /** Runs that waited or ran. */
  ended: z.array(Settlement.extend({ runId: RunId })).optional(),
});
export type QueueDelta = z.infer<typeof QueueDelta>;

export function parseDelta(text: string): QueueDelta {
  return QueueDelta.parse(JSON.parse(text));
}

/** Of none when they can't be told any more. */
export function parseDeltas(text: string): readonly QueueDelta[] {
  return z.array(QueueDelta).nullable().parse(JSON.parse(text)) ?? [];
}

/** `delta` must be the step right after `before`. */
export function applyDelta(before: QueueSnapshot, delta: QueueDelta): QueueChange {
  const { number, held = before.held, rules = before.rules, added = [], order, started, ended = [] } = delta;
  const known = new Map(
    [...before.queued, ...(before.running === null ? [] : [before.running])].map((run) => [run.runId, run]),
  );
  const finished = ended.flatMap(({ runId, ...end }) => changed(known.get(runId), end));
  const [begun = null] = started ? changed(known.get(started.runId), { ...started, state: 'running' }) : [];
  const isOver = ended.some(({ runId }) => runId === before.running?.runId);
  const running = begun ?? (isOver ? null : before.running);
  const gone = new Set([...finished, ...(begun ? [begun] : [])].map(({ runId }) => runId));
  const left = before.queued.filter(({ runId }) => !gone.has(runId));
  const queued = order === undefined ? left : order.flatMap((runId) => known.get(runId) ?? []);
  for (const { at, run } of added) queued.splice(at, 0, queuedView(run));
  return { snapshot: { number, held, rules, running, queued }, finished };
}

function changed(run: RunView | undefined, changes: Partial<RunView>): readonly RunView[] {
  return run === undefined ? [] : [{ ...run, ...changes }];
}
