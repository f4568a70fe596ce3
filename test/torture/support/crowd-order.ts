/** Pure: what the program of a crowd (programs/crowd.ts) is told by its parent, and what it answers. */
import { z } from 'zod';

export const CrowdOrder = z.discriminatedUnion('order', [
  /** So many stock clients come into a room, by the first of these ports that accepts. */
  z.object({
    order: z.literal('join'),
    ports: z.array(z.number()),
    token: z.string(),
    fileId: z.string(),
    sessionId: z.string(),
    clients: z.number().int(),
  }),
  /** Some of them type words that begin with `mark`, each in a line of its own, until told to stop. */
  z.object({
    order: z.literal('type'),
    cellId: z.string(),
    mark: z.string(),
    typists: z.number(),
    everyMs: z.number(),
  }),
  z.object({ order: z.literal('stop') }),
  /** Each notes when it sees this word in the cell first. */
  z.object({ order: z.literal('expect'), cellId: z.string(), word: z.string() }),
  z.object({ order: z.literal('look') }),
  /** As `look`, and all documents are compared, which takes its time. */
  z.object({ order: z.literal('compare') }),
]);
export type CrowdOrder = z.infer<typeof CrowdOrder>;

export const CrowdView = z.object({
  /** How many are in step. */
  synced: z.number(),
  /** By the hash of what it looks like: how many have such a document. Empty unless they were compared. */
  documents: z.record(z.string(), z.number()),
  words: z.array(z.string()),
  /** When each client saw the expected word, milliseconds since 1970; null: it has not. */
  sawAt: z.array(z.number().nullable()),
});
export type CrowdView = z.infer<typeof CrowdView>;

export const CrowdAnswer = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('done'), view: CrowdView }),
  z.object({ answer: z.literal('failed'), why: z.string() }),
]);
export type CrowdAnswer = z.infer<typeof CrowdAnswer>;
