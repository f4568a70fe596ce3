/** Pure: what a step tells through Redis is what it changed; a listener makes the whole from what it knew before. */
import { HeldReason, QueueView, RunView } from '@cokernel/proto/hub';
import { z } from 'zod';
import type { QueueChange, QueueSnapshot } from '../../run/run-queue.js';

const QueueDelta = z.object({
  number: z.number().int().positive(),
  held: HeldReason.nullable(),
  running: RunView.nullable(),
  /** Runs that wait since this step, in order, behind the others. */
  added: z.array(RunView),
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
  const { number, held, running, added, finished } = delta;
  const gone = new Set([...finished, ...(running === null ? [] : [running])].map(({ runId }) => runId));
  const queued = [...before.queued.filter(({ runId }) => !gone.has(runId)), ...added];
  return { snapshot: { number, held, running, queued }, finished };
}
