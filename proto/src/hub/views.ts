/**
 * What the hub tells its clients about a room: the shapes inside events and the welcome.
 * Times are ISO 8601 strings in UTC by the hub's clock.
 */
import { z } from 'zod';
import { BatchId, CellId, FileId, KernelId, ParticipantId, PromptId, RunId } from './ids.js';
import { Role } from './roles.js';

/** What kind of program a participant uses. */
export const ClientKind = z.enum(['page', 'terminal', 'program']);
export type ClientKind = z.infer<typeof ClientKind>;

export const ParticipantView = z.object({
  participantId: ParticipantId,
  /** Unique in the room; the hub made it so. */
  name: z.string(),
  /** A CSS colour, the same for this participant everywhere. */
  color: z.string(),
  role: Role,
  /** The programs through which this person is here now; empty after the last has left. */
  clients: z.array(ClientKind),
});
export type ParticipantView = z.infer<typeof ParticipantView>;

/** Who asked for a run, as of that time. */
export const Author = z.object({ participantId: ParticipantId, name: z.string() });
export type Author = z.infer<typeof Author>;

/** Whose a run is that is told where that may not be known: on a kernel that notebooks share, of another notebook. */
export const SOMEBODY: Author = { participantId: ParticipantId.parse('somebody'), name: 'somebody' };

export const RunState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'lost']);
export type RunState = z.infer<typeof RunState>;

/** Where a run's outputs go: into a cell of the notebook, or into its own transcript. */
export const RunTarget = z.discriminatedUnion('kind', [
  /** `fileId`: whose cell it is, since notebooks may share a kernel; absent in a run that an older hub queued. */
  z.object({ kind: z.literal('cell'), cellId: CellId, fileId: FileId.optional() }),
  z.object({ kind: z.literal('transcript') }),
]);
export type RunTarget = z.infer<typeof RunTarget>;

export const RunView = z.object({
  runId: RunId,
  batchId: BatchId,
  author: Author,
  target: RunTarget,
  state: RunState,
  /** SHA-256 (hex) of the pinned source's UTF-8 text. */
  sourceHash: z.string(),
  queuedAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  executionCount: z.number().int().nullable(),
  /** Set when it failed, was cancelled or lost: what to tell a person. */
  reason: z.string().nullable(),
});
export type RunView = z.infer<typeof RunView>;

/** Why nothing is taken from the queue until somebody says go on. */
export const HeldReason = z.enum(['kernelDied', 'runLost', 'restarted', 'byOwner']);
export type HeldReason = z.infer<typeof HeldReason>;

/** How a kernel's queue is kept. */
export const QueueRules = z.object({
  /** `fifo`: as people asked. `fair`: round robin among people. */
  order: z.enum(['fifo', 'fair']).default('fifo'),
  /** How many runs of one person may wait; null: any number. */
  mostWaiting: z.number().int().positive().max(10_000).nullable().default(null),
  /** A run that takes longer is interrupted; null: it may take any time. At most a week. */
  mostSeconds: z.number().positive().max(604_800).nullable().default(null),
});
export type QueueRules = z.infer<typeof QueueRules>;

/** Of a queue for which nobody has chosen others. */
export const DEFAULT_QUEUE_RULES: QueueRules = QueueRules.parse({});

/**
 * The queue of one kernel after one step. `number` grows by one a step; a client that sees a hole asks for
 * the whole (call `queue`).
 */
export const QueueView = z.object({
  number: z.number().int().nonnegative(),
  held: HeldReason.nullable(),
  rules: QueueRules.default(DEFAULT_QUEUE_RULES),
  /** The run that the kernel works on. */
  running: RunView.nullable(),
  /** In the order in which they will run. */
  queued: z.array(RunView),
});
export type QueueView = z.infer<typeof QueueView>;

/**
 * `failed`: it never became ready. `dead`: it was ready and its process is gone. `reconnecting`: the hub's way to it is
 * broken and is being made again; the kernel itself may go on.
 */
export const KernelStatus = z.enum(['starting', 'idle', 'busy', 'restarting', 'reconnecting', 'dead', 'failed']);
export type KernelStatus = z.infer<typeof KernelStatus>;

/** A notebook that uses a kernel. */
export const NotebookView = z.object({
  fileId: FileId,
  /** Relative to the served folder, with `/`. */
  path: z.string(),
});
export type NotebookView = z.infer<typeof NotebookView>;

/** What a kernel's process and its children use. */
export const KernelUsage = z.object({
  rssBytes: z.number(),
  /** Of one core. */
  cpuPercent: z.number(),
});
export type KernelUsage = z.infer<typeof KernelUsage>;

export const KernelView = z.object({
  kernelId: KernelId,
  /** The kernelspec's name, such as `python3`. */
  specName: z.string(),
  displayName: z.string(),
  /** As kernel_info says, such as `python`; null until it has answered. */
  language: z.string().nullable(),
  status: KernelStatus,
  /** For `dead` and `failed`: what happened and the kernel's last stderr. */
  reason: z.string().nullable(),
  /** `existing`: found by its connection file; it is not restarted, nor shut down unless a person confirms it. */
  origin: z.enum(['started', 'existing']),
  /** The notebooks that use it; several share it. */
  notebooks: z.array(NotebookView),
});
export type KernelView = z.infer<typeof KernelView>;

/**
 * What became of a kernel that nobody ended: a sentence for a person. It is told as long as the notebook has no other one;
 * absent, nothing of the kind happened.
 */
export const KernelGone = z.string();
export type KernelGone = z.infer<typeof KernelGone>;

/** A kernel of the hub, in its list (`GET /api/hub/kernels`). */
export const RunningKernelView = KernelView.extend({
  /** Null until it was measured. */
  usage: KernelUsage.nullable(),
  /** When it last said or was asked something. */
  lastActivity: z.string(),
});
export type RunningKernelView = z.infer<typeof RunningKernelView>;

export const KernelSpecView = z.object({ name: z.string(), displayName: z.string(), language: z.string() });
export type KernelSpecView = z.infer<typeof KernelSpecView>;

/** A question that waits for an answer. */
export const PromptView = z.object({
  promptId: PromptId,
  runId: RunId,
  /** Null for a transcript run. */
  cellId: CellId.nullable(),
  /** Who is asked: the run's author. */
  asked: Author,
  text: z.string(),
  /** The answer must not be shown or kept. */
  password: z.boolean(),
});
export type PromptView = z.infer<typeof PromptView>;

/** Is what people see also in the .ipynb on disk? */
export const SavingView = z.discriminatedUnion('state', [
  z.object({ state: z.literal('saved'), at: z.string().nullable() }),
  z.object({ state: z.literal('unsaved') }),
  z.object({ state: z.literal('saving') }),
  z.object({ state: z.literal('failed'), reason: z.string() }),
]);
export type SavingView = z.infer<typeof SavingView>;
