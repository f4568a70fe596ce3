/**
 * The calls a client makes over the room socket (hub frames, PROTOCOL.md §3): for each its parameters, its
 * result and the right it needs. The hub parses parameters with these schemas; a client parses results.
 */
import { z } from 'zod';
import {
  BatchId,
  CellId,
  DeviceId,
  Epoch,
  FileId,
  KernelId,
  ParticipantId,
  PromptId,
  QuestionId,
  RequestId,
  RunId,
  VersionId,
} from './ids.js';
import type { Right } from './roles.js';
import { Role } from './roles.js';
import { NotebookDifference, VersionName, VersionView } from './versions.js';
import {
  ClientKind,
  KernelGone,
  KernelSpecView,
  KernelView,
  ParticipantView,
  PromptView,
  QueueRules,
  QueueView,
  RunView,
  SavingView,
} from './views.js';

/** The version of the hub frames; hello and welcome carry it. */
export const HUB_PROTOCOL = 1;

const Hello = z.object({
  protocol: z.literal(HUB_PROTOCOL),
  deviceId: DeviceId,
  /** The name that the person would like; the hub makes it unique. Absent: the hub chooses one. */
  name: z.string().trim().min(1).max(64).optional(),
  client: ClientKind,
});

/** Everything a client needs to draw the room; later events change it. */
export const Welcome = z.object({
  protocol: z.literal(HUB_PROTOCOL),
  /** The hub's software version. */
  version: z.string(),
  you: z.object({ participantId: ParticipantId, name: z.string(), color: z.string(), role: Role }),
  fileId: FileId,
  /** Relative to the served folder, with `/`. */
  path: z.string(),
  epoch: Epoch,
  participants: z.array(ParticipantView),
  kernel: KernelView.nullable(),
  kernelGone: KernelGone.optional(),
  kernelSpecs: z.array(KernelSpecView),
  queue: QueueView,
  prompt: PromptView.nullable(),
  saving: SavingView,
});
export type Welcome = z.infer<typeof Welcome>;

const CellToRun = z.object({
  cellId: CellId,
  /** SHA-256 (hex) of the UTF-8 text that the person saw when they pressed Run. */
  sourceHash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What became of one requested cell. `merged`: it waited already, and `run` is that one (X12). */
const Enqueued = z.object({ outcome: z.enum(['queued', 'merged']), run: RunView, place: z.number().int() });

const Empty = z.object({});

/** A position in `code` counted in Unicode code points, as Jupyter counts. */
const cursorPos = z.number().int().nonnegative();

/**
 * The kernel is busy and answers when it is free: the answer comes by the event `kernelAnswered` with this id. A client's
 * newer question of the same kind takes the place of one that still waits.
 */
export const KernelBusy = z.object({ status: z.literal('kernelBusy'), questionId: QuestionId });
export type KernelBusy = z.infer<typeof KernelBusy>;

/** The content of a kernel's reply, passed through; or that it comes later. */
const ReplyContent = z.union([KernelBusy, z.record(z.string(), z.unknown())]);

/** What the kernel's user has defined. `reason` says why nothing is listed, where the kernel can't be asked. */
export const VariablesContent = z.object({
  status: z.literal('ok'),
  variables: z.array(z.object({ name: z.string(), type: z.string(), summary: z.string() })),
  reason: z.string().nullable(),
});
export type VariablesContent = z.infer<typeof VariablesContent>;

export const calls = {
  /** First call on a socket; before it no hub frame is sent to the client. */
  hello: { right: 'view', params: Hello, result: Welcome },

  /** Queue cells in the order given. Starts the notebook's kernel when it has none. Idempotent by requestId. */
  run: {
    right: 'run',
    params: z.object({
      requestId: RequestId,
      cells: z.array(CellToRun).min(1).max(10_000),
      /** An error cancels what is left of this batch. Default true. */
      stopOnError: z.boolean().default(true),
    }),
    result: z.object({ batchId: BatchId, runs: z.array(Enqueued) }),
  },

  /** Withdraw queued runs: those named, or all of the caller's own. Another person's need `manage`. */
  cancel: {
    right: 'run',
    params: z.union([z.object({ runIds: z.array(RunId).min(1).max(10_000) }), z.object({ mine: z.literal(true) })]),
    result: z.object({ cancelled: z.array(RunId) }),
  },

  /** The whole queue, for a client that missed an event. */
  queue: { right: 'view', params: Empty, result: QueueView },

  /**
   * Put a waiting run before another, or behind all (`before: null`): among the caller's own places, the others' runs stay
   * where they are. Who has `manage` puts any anywhere.
   */
  moveRun: {
    right: 'run',
    params: z.object({ runId: RunId, before: RunId.nullable() }),
    result: Empty,
  },

  /** How the queue is kept from now on, also with the notebook's later kernels. What is left out is as in a new notebook. */
  setQueueRules: { right: 'manage', params: QueueRules, result: Empty },

  /** Let a held queue go on. */
  goOn: { right: 'run', params: Empty, result: Empty },

  /** Move a cell before another, or to the end (`before: null`). */
  moveCell: {
    right: 'edit',
    params: z.object({ cellId: CellId, before: CellId.nullable() }),
    result: Empty,
  },

  /** Interrupt the named run (dropped when it is over), or whatever runs when none is named. */
  interrupt: {
    right: 'run',
    params: z.object({ runId: RunId.optional() }),
    result: z.object({ interrupted: RunId.nullable() }),
  },

  /** Restart the kernel; the running cell is lost. `queued` says what happens to the runs that wait. */
  restart: {
    right: 'edit',
    params: z.object({ queued: z.enum(['keep', 'cancel']).default('cancel') }),
    result: Empty,
  },

  /**
   * Start a kernel of this kernelspec for the notebook; one it has already, and no other notebook uses, is shut down first.
   * Without a kernelspec: the one that the notebook wants, unless it has a kernel.
   */
  startKernel: { right: 'edit', params: z.object({ specName: z.string().min(1).optional() }), result: Empty },

  /**
   * Let the notebook use this kernel, with those that use it already; null: none. Needs `manage`, since it opens the
   * memory of another notebook. The kernel that the notebook leaves is shut down when no other uses it and it was
   * started for a notebook.
   */
  useKernel: { right: 'manage', params: z.object({ kernelId: KernelId.nullable() }), result: Empty },

  /**
   * Shut the notebook's kernel down, for every notebook that uses it. `confirmed`: the person knows which those are, or
   * that the kernel was not started here.
   */
  stopKernel: { right: 'edit', params: z.object({ confirmed: z.boolean().default(false) }), result: Empty },

  /** Answer a question of the kernel; only the first answer counts. `endOfFile` sends end-of-file. */
  inputReply: {
    right: 'run',
    params: z.object({ promptId: PromptId, value: z.string().max(1_048_576), endOfFile: z.boolean().optional() }),
    result: z.object({ accepted: z.boolean() }),
  },

  /** complete_request; the result is the content of complete_reply. */
  complete: { right: 'run', params: z.object({ code: z.string(), cursorPos }), result: ReplyContent },

  /** inspect_request; the result is the content of inspect_reply. */
  inspect: {
    right: 'run',
    params: z.object({ code: z.string(), cursorPos, detailLevel: z.union([z.literal(0), z.literal(1)]).default(0) }),
    result: ReplyContent,
  },

  /** is_complete_request; the result is the content of is_complete_reply. */
  isComplete: { right: 'run', params: z.object({ code: z.string() }), result: ReplyContent },

  /** The variables of the kernel's user, by name; of Python kernels only. */
  variables: { right: 'run', params: Empty, result: z.union([KernelBusy, VariablesContent]) },

  /** Write the .ipynb now; answered when it is on disk. */
  save: { right: 'edit', params: Empty, result: z.object({ at: z.string() }) },

  /** The versions that are kept of this notebook, oldest first. */
  versions: { right: 'view', params: Empty, result: z.object({ versions: z.array(VersionView) }) },

  /** What changed from one version to another, or to the document as it is now. */
  compareVersion: {
    right: 'view',
    params: z.object({ versionId: VersionId, with: VersionId.nullable().default(null) }),
    result: NotebookDifference,
  },

  /** Keep the document as it is now, by a name. */
  keepVersion: { right: 'edit', params: z.object({ name: VersionName }), result: VersionView },

  /** Give a version a name, or another: it is kept for good then. */
  nameVersion: { right: 'edit', params: z.object({ versionId: VersionId, name: VersionName }), result: VersionView },

  /** Make the document equal to a version. `before`: how it was; restoring that undoes it. */
  restoreVersion: {
    right: 'edit',
    params: z.object({ versionId: VersionId }),
    result: z.object({ before: VersionId }),
  },

  /** Take another name in this room. */
  rename: {
    right: 'view',
    params: z.object({ name: z.string().trim().min(1).max(64) }),
    result: z.object({ name: z.string() }),
  },
} as const satisfies Record<string, { right: Right; params: z.ZodType; result: z.ZodType }>;

export type CallName = keyof typeof calls;
/** Parameters as a client writes them (defaults may be left out). */
export type CallParams<N extends CallName> = z.input<(typeof calls)[N]['params']>;
/** Parameters as the hub reads them. */
export type ParsedParams<N extends CallName> = z.output<(typeof calls)[N]['params']>;
export type CallResult<N extends CallName> = z.output<(typeof calls)[N]['result']>;

/** Every code with which a call can be refused, and what it means (PROTOCOL.md lists the same). */
export const callErrors = {
  badCall: 'the call or its parameters are not of the form that PROTOCOL.md gives',
  noHello: 'a call came before hello',
  forbidden: "the caller's role does not include the right that the call needs",
  sourceMismatch: 'the cell has changed since; details.source is its text now',
  noSuchCell: 'there is no such cell (any more), or it is not a code cell',
  noSuchKernelSpec: 'there is no kernelspec of that name',
  noSuchKernel: 'no kernel of that id runs here',
  tooManyKernels: 'as many kernels run as this hub, or one person, may have; the message says which',
  confirmFirst: 'others lose by this, or the kernel was not started here; details.notebooks are the other notebooks',
  existingKernel: 'the kernel was found by its connection file, and is not restarted',
  tooManyWait: "more of the caller's runs would wait than the queue's rules allow; none was queued",
  notQueued: 'a run that was named does not wait (any more)',
  noKernel: 'the notebook has no running kernel',
  kernelFailed: 'the kernel did not start; the message says why',
  kernelGone: 'the kernel ended before it answered',
  kernelBusy: 'the kernel did not answer in 10 s',
  saveFailed: 'the file could not be written; the message says why',
  noSuchVersion: 'the notebook has no version of that number (any more)',
  unavailable: 'the queue store is out of reach just now; the hub tries again',
  internal: 'a fault in the hub; the message has a reference into its log',
} as const;
export type CallErrorCode = keyof typeof callErrors;
