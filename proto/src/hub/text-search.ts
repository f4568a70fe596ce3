/** What a search in a stored text answers (`?search=` of the REST API's outputs and texts). */
import { z } from 'zod';

export const TextMatch = z.object({
  /** Counted from 1. */
  line: z.number().int().positive(),
  /** Bytes of the whole text: where the match begins and ends. */
  from: z.number().int().nonnegative(),
  to: z.number().int().nonnegative(),
  /** The line around the match; of a long line only what is near. */
  text: z.string(),
});
export type TextMatch = Readonly<z.infer<typeof TextMatch>>;

export const TextSearchResult = z.object({
  matches: z.array(TextMatch),
  /** Where to search on (`from=`); null: there is nothing more. */
  next: z.number().int().nonnegative().nullable(),
});
export type TextSearchResult = Readonly<z.infer<typeof TextSearchResult>>;
