/**
 * What stands in a kernel's journal besides its messages. Its place there is its seq, which is told with it; a gap
 * stands between what was said before and after it, and takes a seq itself.
 * Pure.
 */
import { z } from 'zod';
import { KernelInfo, type HostEvent } from '../kernel/keeper-protocol.js';

export const JournalEvent = z.discriminatedUnion('type', [
  /** `fence`: of the hub that had it sent; a keeper of before noted none. */
  z.object({ type: z.literal('sent'), msgId: z.string(), fence: z.number().exactOptional() }),
  z.object({ type: z.literal('gap'), reason: z.string() }),
  z.object({ type: z.literal('ready'), kernelInfo: KernelInfo }),
  z.object({ type: z.literal('restarting'), reason: z.string() }),
  z.object({ type: z.literal('died'), reason: z.string(), stderr: z.string() }),
]);
export type JournalEvent = z.infer<typeof JournalEvent>;

export function hostEventAt(seq: number, event: JournalEvent): HostEvent {
  return event.type === 'gap' ? { ...event, fromSeq: seq - 1, toSeq: seq + 1 } : { ...event, seq };
}
