/** Pure: what the hub's REST endpoints answer (the Jupyter Server API and `/api/hub/`), as far as clients read it. */
import { Epoch, FileId, KernelId } from '@cokernel/proto/hub';
import { z } from 'zod';

export const HubStatus = z.object({
  version: z.string(),
  /** The served folder, absolute. */
  folder: z.string(),
  /** What a person should know at once, such as that there is no Python kernel and what to do. */
  notices: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type HubStatus = z.infer<typeof HubStatus>;

/** What a stop of the hub does with its kernels, and the runs that it ends by that. */
export const StopAnswer = z.object({
  kernels: z.enum(['keep', 'stop']),
  runs: z.array(
    z.object({
      author: z.string(),
      /** Its path; null for a run without a cell. */
      notebook: z.string().nullable(),
      /** The first line; null when the hub could not look it up. */
      code: z.string().nullable(),
      /** How many wait behind it. */
      waiting: z.number(),
    }),
  ),
});
export type StopAnswer = z.infer<typeof StopAnswer>;

export const KernelSpecs = z.object({
  default: z.string().nullable(),
  kernelspecs: z.record(
    z.string(),
    z.object({ name: z.string(), spec: z.looseObject({ display_name: z.string(), language: z.string() }) }),
  ),
});
export type KernelSpecs = z.infer<typeof KernelSpecs>;

export const KernelModel = z.object({
  id: KernelId,
  /** The kernelspec's name. */
  name: z.string(),
  last_activity: z.string(),
  execution_state: z.string(),
  connections: z.number(),
});
export type KernelModel = z.infer<typeof KernelModel>;

export const SessionModel = z.object({
  id: z.string(),
  path: z.string(),
  name: z.string(),
  type: z.string(),
  kernel: KernelModel,
});
export type SessionModel = z.infer<typeof SessionModel>;

const contentsFacts = {
  name: z.string(),
  /** Relative to the served folder, with `/`. */
  path: z.string(),
  writable: z.boolean(),
  last_modified: z.string(),
  size: z.number().nullish(),
};
const ContentsEntry = z.object({ ...contentsFacts, type: z.enum(['directory', 'notebook', 'file']) });
export type ContentsEntry = z.infer<typeof ContentsEntry>;

export const ContentsModel = z.discriminatedUnion('type', [
  z.object({ ...contentsFacts, type: z.literal('directory'), content: z.array(ContentsEntry).nullable() }),
  z.object({ ...contentsFacts, type: z.literal('notebook'), content: z.unknown() }),
  z.object({ ...contentsFacts, type: z.literal('file'), content: z.string().nullable() }),
]);
export type ContentsModel = z.infer<typeof ContentsModel>;

/** The answer of `PUT /api/collaboration/session/<path>`; sessionId is the epoch. */
export const RoomSession = z.object({ fileId: FileId, sessionId: Epoch });
export type RoomSession = z.infer<typeof RoomSession>;
