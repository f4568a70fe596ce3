/** What the hub tells a client that said hello, unasked (hub frames, PROTOCOL.md §4). */
import { z } from 'zod';
import { CellId, KernelId, QuestionId } from './ids.js';
import {
  KernelGone,
  KernelSpecView,
  KernelUsage,
  KernelView,
  ParticipantView,
  PromptView,
  QueueView,
  RunView,
  SavingView,
} from './views.js';

export const HubEvent = z.discriminatedUnion('event', [
  /** The queue after a step. */
  z.object({ event: z.literal('queueChanged'), queue: QueueView }),
  /** A run reached an end (`succeeded`, `failed`, `cancelled`, `lost`). */
  z.object({ event: z.literal('runFinished'), run: RunView }),
  /** The notebook's kernel, or that it has none. */
  z.object({ event: z.literal('kernelChanged'), kernel: KernelView.nullable(), gone: KernelGone.optional() }),
  /** What the notebook's kernel uses, every few seconds. */
  z.object({ event: z.literal('kernelUsage'), kernelId: KernelId, ...KernelUsage.shape }),
  z.object({ event: z.literal('kernelSpecsChanged'), kernelSpecs: z.array(KernelSpecView) }),
  z.object({ event: z.literal('participantsChanged'), participants: z.array(ParticipantView) }),
  /** A question waits, or none does any more. */
  z.object({ event: z.literal('promptChanged'), prompt: PromptView.nullable() }),
  /** The log is durable up to this state vector (base64 of its Yjs encoding). */
  z.object({ event: z.literal('stored'), stateVector: z.string() }),
  /** The saving of the .ipynb: saved, unsaved, saving, failed. */
  z.object({ event: z.literal('saved'), saving: SavingView }),
  /** A version was kept or named; ask for `versions`. */
  z.object({ event: z.literal('versionsChanged') }),
  /** The file got another place in the served folder. */
  z.object({ event: z.literal('pathChanged'), path: z.string() }),
  /** Something a person should read once. */
  z.object({
    event: z.literal('notice'),
    level: z.enum(['info', 'warning', 'error']),
    /** Stable, for programs; PROTOCOL.md lists them. */
    code: z.string(),
    message: z.string(),
    /** The cells that it names. */
    cellIds: z.array(CellId).optional(),
  }),
  /**
   * The answer to this client's question that found the kernel busy: the content of the reply; status `aborted` when the
   * kernel ended first or a newer question took its place.
   */
  z.object({
    event: z.literal('kernelAnswered'),
    questionId: QuestionId,
    content: z.record(z.string(), z.unknown()),
  }),
  /** The client's document update was refused; it must rebuild its document under a new Yjs client id. */
  z.object({ event: z.literal('refused'), reason: z.string() }),
]);
export type HubEvent = z.infer<typeof HubEvent>;
export type HubEventName = HubEvent['event'];
