/**
 * Pure: what a store gives back is parsed before it is believed. The shapes of what the run queue's adapters keep as
 * JSON; each is the port's type of the same name.
 */
import {
  FileId,
  HeldReason,
  ParticipantId,
  QueueRules,
  RunId,
  RunView,
  DEFAULT_QUEUE_RULES,
} from '@cokernel/proto/hub';
import type { MessageHeader } from '@cokernel/proto/jupyter';
import { parseHeader } from '@cokernel/proto/jupyter';
import { z } from 'zod';
import { firstTurn } from '../run/queue-order.js';
import type { EnqueueOutcome, MoveOutcome, QueuedRun } from '../run/run-queue.js';

const StoredRequest = z.object({
  header: z.custom<MessageHeader>((value) => parseHeader(value).ok),
  metadata: z.record(z.string(), z.unknown()),
  content: z.record(z.string(), z.unknown()),
});

/** What only the owner needs of a run. */
export const QueuedRest = z.object({
  fileId: FileId.nullable(),
  allowStdin: z.boolean(),
  storeHistory: z.boolean(),
  silent: z.boolean(),
  stopOnError: z.boolean(),
  // Older records have none.
  request: StoredRequest.nullable().default(null),
});

export const StoredRun: z.ZodType<QueuedRun> = QueuedRest.extend({ view: RunView, source: z.string() });

const Accepted = z.object({
  // An older hub wrote none.
  outcome: z.literal('accepted').default('accepted'),
  runs: z.array(z.object({ outcome: z.enum(['queued', 'merged']), run: RunView, place: z.number().int().positive() })),
});
export const TooManyWait = z.object({
  outcome: z.literal('tooManyWait'),
  waiting: z.number().int().nonnegative(),
  mostWaiting: z.number().int().positive(),
});
export const StoredAnswer: z.ZodType<EnqueueOutcome> = z.union([TooManyWait, Accepted]);

export const StoredMove: z.ZodType<MoveOutcome> = z.union([
  z.object({ outcome: z.literal('moved') }),
  z.object({ outcome: z.enum(['notQueued', 'notYours']), runId: RunId }),
]);

/** Numbers and flags of a queue that don't belong to one run. */
export const StoredHead = z.object({
  number: z.number().int().nonnegative(),
  held: HeldReason.nullable(),
  rules: QueueRules.default(DEFAULT_QUEUE_RULES),
  turn: z.object({ round: z.number().int(), served: z.array(ParticipantId) }).default({ ...firstTurn, served: [] }),
  fence: z.number().int().nonnegative(),
  nextEntry: z.number().int().nonnegative(),
});
