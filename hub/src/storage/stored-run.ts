/**
 * Pure: what a store gives back is parsed before it is believed. The shapes of what the run queue's adapters keep as
 * JSON; each is the port's type of the same name.
 */
import { FileId, HeldReason, RunView } from '@cokernel/proto/hub';
import { z } from 'zod';
import type { EnqueueOutcome, QueuedRun } from '../run/run-queue.js';

export const StoredRun: z.ZodType<QueuedRun> = z.object({
  view: RunView,
  source: z.string(),
  fileId: FileId.nullable(),
  allowStdin: z.boolean(),
  storeHistory: z.boolean(),
  silent: z.boolean(),
  stopOnError: z.boolean(),
});

export const StoredAnswer: z.ZodType<EnqueueOutcome> = z.object({
  runs: z.array(z.object({ outcome: z.enum(['queued', 'merged']), run: RunView, place: z.number().int().positive() })),
});

/** Numbers and flags of a queue that don't belong to one run. */
export const StoredHead = z.object({
  number: z.number().int().nonnegative(),
  held: HeldReason.nullable(),
  fence: z.number().int().nonnegative(),
  nextEntry: z.number().int().nonnegative(),
});
