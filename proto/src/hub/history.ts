/**
 * What happened in a room, in order, as the hub keeps it: one record a line of JSON (PROTOCOL.md §9). Played again it gives
 * the document step by step (`playHistory` in the client library).
 */
import { z } from 'zod';
import { Epoch, PromptId, VersionId } from './ids.js';
import { Author, PromptView, RunView } from './views.js';

const at = z.string();
/** Base64 of a Yjs update (v1 encoding). */
const update = z.string();

export const HistoryRecord = z.discriminatedUnion('type', [
  /**
   * A segment begins: the whole document as it was. `segment` 1 is where the history begins; when the first has a higher
   * number, older ones were dropped. A segment that goes on in the same epoch repeats what was there before.
   */
  z.object({ type: z.literal('began'), at, segment: z.number().int().positive(), epoch: Epoch, state: update }),
  /** Within about a second one person's edits; `by` null: the hub's own, or of a program that said no hello. */
  z.object({ type: z.literal('edited'), at, by: Author.nullable(), update }),
  /** What runs wrote within about a second. */
  z.object({ type: z.literal('printed'), at, update }),
  /** A run of a cell of this notebook was queued, began or ended: its state says which. */
  z.object({ type: z.literal('ran'), at, run: RunView }),
  z.object({ type: z.literal('asked'), at, prompt: PromptView }),
  /** `value` null: a password, which is not kept. */
  z.object({ type: z.literal('answered'), at, promptId: PromptId, by: Author, value: z.string().nullable() }),
  /** The document was made equal to that version; `before` is how it was. Stands behind the edit that did it. */
  z.object({ type: z.literal('restored'), at, by: Author, versionId: VersionId, before: VersionId }),
]);
export type HistoryRecord = z.infer<typeof HistoryRecord>;
