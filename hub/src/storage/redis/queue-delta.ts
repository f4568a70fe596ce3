/** Pure: what a step tells through Redis is what it changed; a listener makes the whole from what it knew before. */
import { DEFAULT_QUEUE_RULES, HeldReason, QueueRules, QueueView, RunId, RunView } from '@cokernel/proto/hub';
import { z } from 'zod';
import type { QueueChange, QueueSnapshot } from '../../run/run-queue.js';

const QueueDelta = z.object({
  number: z.number().int().positive(),
  held: HeldReason.nullable(),
  rules: QueueRules.default(DEFAULT_QUEUE_RULES),
  running: RunView.nullable(),
  /** Runs that wait since this step, each with its place among those that wait then, counted from 0; put in one by one. */
  added: z.array(z.object({ at: z.number().int().nonnegative(), run: RunView })),
  /** What waits after this step, when it put that in another order. */
  order: z.array(RunId).nullable(),
  finished: z.array(RunView),
});
export type QueueDelta = z.infer<typeof QueueDelta>;

export function parseDelta(text: string): QueueDelta {
  return QueueDelta.parse(JSON.parse(text));
}

export function parseSnapshot(text: string): QueueSnapshot {
  return QueueView.parse(JSON.parse(text));
}

/** `delta` must be the step right after `before`. */
export function applyDelta(before: QueueSnapshot, delta: QueueDelta): QueueChange {
  const { number, held, rules, running, added, order, finished } = delta;
  const gone = new Set([...finished, ...(running === null ? [] : [running])].map(({ runId }) => runId));
  const left = before.queued.filter(({ runId }) => !gone.has(runId));
  const queued = order === null ? left : inOrder(left, order);
  for (const { at, run } of added) queued.splice(at, 0, run);
  return { snapshot: { number, held, rules, running, queued }, finished };
}

function inOrder(runs: readonly RunView[], order: readonly RunId[]): RunView[] {
  const byId = new Map(runs.map((run) => [run.runId, run]));
  return order.flatMap((runId) => byId.get(runId) ?? []);
}
