/**
 * Pure: what stands in a document in the place of an output that is too large for it. The bytes lie in the hub's output
 * store; the document has enough to show something at once and to fetch the rest, and no file ever has these marks.
 *
 * A display keeps its small MIME types and has the others under one of ours, `STORED_MIME`, whose value names for each its
 * hash and size. A program that does not know it shows what else is in the bundle: there is always a `text/plain`.
 *
 * A stream keeps its first part and its newest lines, with a line between them that says what is left out; under
 * Jupyter's own key for what is not saved (`transient`) it names the whole text. So does an error whose traceback is too
 * long: its text is the traceback's lines, one under the other.
 */
import { z } from 'zod';
import { ContentHash, TextId } from '../hub/ids.js';
import type { MimeBundle } from './nbformat.js';

export const STORED_MIME = 'application/vnd.cokernel.stored+json';

/** How base64 text was written: characters a line (0: all in one), and whether a line break ends it. */
export const Base64Layout = z.object({ columns: z.number().int().nonnegative(), newline: z.boolean() });
export type Base64Layout = Readonly<z.infer<typeof Base64Layout>>;

/**
 * By MIME type: where its content lies. Text is stored as UTF-8, JSON as JSON text, and base64 as its bytes: then the
 * layout is named, so that the same text can be written again (`encodeContent`, `decodeContent`).
 */
export const StoredBundle = z.record(
  z.string(),
  z.object({ sha256: ContentHash, bytes: z.number().int().nonnegative(), base64: Base64Layout.optional() }),
);
export type StoredBundle = Readonly<z.infer<typeof StoredBundle>>;

/** The whole text of a stream output. */
export const StoredText = z.object({
  id: TextId,
  /** Known when the run is over: then the text is an output of the store as any other. */
  sha256: ContentHash.nullable(),
  /** Of the UTF-8 text that is in the store by now. */
  bytes: z.number().int().nonnegative(),
  /** Where in the document's text the line between the two parts begins and ends (UTF-16). */
  gap: z.object({ from: z.number().int().nonnegative(), to: z.number().int().nonnegative() }),
  /**
   * Only of the line that counts outputs which the document does not have: the text is not the line's own but these
   * outputs, as nbformat writes them, one a line (a stream's text may be in several).
   */
  outputs: z.number().int().positive().optional(),
});
export type StoredText = Readonly<z.infer<typeof StoredText>>;

/** Null for a bundle that has all it shows in the document. Any client may have written it. */
export function storedBundle(data: MimeBundle): StoredBundle | null {
  return StoredBundle.safeParse(data[STORED_MIME]).data ?? null;
}
