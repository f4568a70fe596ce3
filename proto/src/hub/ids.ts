/**
 * The identities that cross a process boundary, each with a type of its own, so that a cell's id can't be
 * handed to something that wants a run's. All are opaque strings; none says anything about a secret.
 */
import { z } from 'zod';

const opaque = z.string().min(1).max(128);

/** One running kernel (a UUID, as Jupyter makes them). */
export const KernelId = opaque.brand<'KernelId'>();
export type KernelId = z.infer<typeof KernelId>;

/** One request to execute; it is the `msg_id` of its execute_request. */
export const RunId = opaque.brand<'RunId'>();
export type RunId = z.infer<typeof RunId>;

/** Runs that were asked for together. */
export const BatchId = opaque.brand<'BatchId'>();
export type BatchId = z.infer<typeof BatchId>;

/** Chosen by the client; asking again with the same one changes nothing. */
export const RequestId = opaque.brand<'RequestId'>();
export type RequestId = z.infer<typeof RequestId>;

/** A notebook's document; it follows the real file. */
export const FileId = opaque.brand<'FileId'>();
export type FileId = z.infer<typeof FileId>;

/** One Yjs history of a notebook; what stock JupyterLab calls sessionId. */
export const Epoch = opaque.brand<'Epoch'>();
export type Epoch = z.infer<typeof Epoch>;

/** A cell of a notebook (nbformat 4.5 `id`). */
export const CellId = opaque.brand<'CellId'>();
export type CellId = z.infer<typeof CellId>;

/** A person in a room, for as long as the hub remembers the device. */
export const ParticipantId = opaque.brand<'ParticipantId'>();
export type ParticipantId = z.infer<typeof ParticipantId>;

/** Random, made and kept by a client: the same device is the same participant after a reconnect. */
export const DeviceId = z.string().min(16).max(128).brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

/** One question of the kernel (input_request). */
export const PromptId = opaque.brand<'PromptId'>();
export type PromptId = z.infer<typeof PromptId>;

/** One question to the kernel whose answer comes later (completion, inspection, …). */
export const QuestionId = opaque.brand<'QuestionId'>();
export type QuestionId = z.infer<typeof QuestionId>;

/** SHA-256 (hex) of bytes that lie outside a document. */
export const ContentHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<'ContentHash'>();
export type ContentHash = z.infer<typeof ContentHash>;

/** The whole text of one stream output that outgrew the document, while its run goes on and after. */
export const TextId = z
  .string()
  .regex(/^[0-9A-Za-z._-]{1,128}$/)
  .brand<'TextId'>();
export type TextId = z.infer<typeof TextId>;

/** One kept state of a notebook, counted in its notebook. */
export const VersionId = z
  .string()
  .regex(/^[1-9][0-9]{0,15}$/)
  .brand<'VersionId'>();
export type VersionId = z.infer<typeof VersionId>;

/** One served folder, for hubs that serve it together. */
export const FolderId = opaque.brand<'FolderId'>();
export type FolderId = z.infer<typeof FolderId>;

/** One hub process. */
export const HubId = opaque.brand<'HubId'>();
export type HubId = z.infer<typeof HubId>;
