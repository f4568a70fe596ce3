/** What a torture tells the program in programs/flood-client.ts, and what that answers, as messages between processes. */
import { z } from 'zod';

export const FloodOrder = z.discriminatedUnion('order', [
  z.object({ order: z.literal('join'), url: z.string(), token: z.string(), path: z.string() }),
  /** Runs the cell; answered once its output is seen. */
  z.object({ order: z.literal('run'), cellId: z.string(), source: z.string() }),
  /** Interrupts what runs; answered when its end is seen. */
  z.object({ order: z.literal('interrupt'), cellId: z.string() }),
]);
export type FloodOrder = z.infer<typeof FloodOrder>;

export const FloodAnswer = z.discriminatedUnion('answer', [
  /** How long it took. */
  z.object({ answer: z.literal('done'), ms: z.number() }),
  z.object({ answer: z.literal('failed'), why: z.string() }),
]);
export type FloodAnswer = z.infer<typeof FloodAnswer>;
