/**
 * What a keeper of protocol version 1 says, put into today's words, so that an upgraded hub keeps the kernels of a
 * keeper that runs on. Such a keeper numbers its events, as its messages, but does not say the number: they come in
 * one order with the messages, so it is the one after the last. Requests and frames are those of version 2, without
 * what came with that.
 */
import { KernelId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { Hello, HostedKernelView, KeeperAnswer, KernelInfo, type HostEvent } from './keeper-protocol.js';

export const FORMER_VERSION = 1;

const FormerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('gap'), fromSeq: z.number(), toSeq: z.number() }),
  z.object({ type: z.literal('ready'), kernelInfo: KernelInfo }),
  z.object({ type: z.literal('restarting'), reason: z.string() }),
  z.object({ type: z.literal('died'), reason: z.string(), stderr: z.string() }),
  z.object({ type: z.literal('heartbeat'), beating: z.boolean(), sinceMs: z.number() }),
]);
export type FormerEvent = z.infer<typeof FormerEvent>;

interface FormerKernelEvent {
  readonly type: 'formerEvent';
  readonly kernelId: KernelId;
  readonly event: FormerEvent;
}

/** The events are renamed as they are read, so that nobody takes one for another. */
export const FromFormerKeeper = z.union([
  Hello,
  KeeperAnswer,
  z
    .object({ type: z.literal('event'), kernelId: KernelId, event: FormerEvent })
    .transform(({ kernelId, event }): FormerKernelEvent => ({ type: 'formerEvent', kernelId, event })),
]);

/** It never lost a request, since it never took over from another. */
export const FormerHostedKernelView = HostedKernelView.omit({ knowsAllRequests: true, origin: true }).transform(
  (view) => ({ ...view, knowsAllRequests: true, origin: 'started' as const }),
);

/** `lastSeq`: of what was handed over before. */
export function eventOfFormer(event: FormerEvent, lastSeq: number): HostEvent {
  switch (event.type) {
    case 'gap':
      return { ...event, reason: 'the keeper, of an earlier version, had to drop it' };
    case 'ready':
    case 'restarting':
    case 'died':
      return { ...event, seq: lastSeq + 1 };
    case 'heartbeat':
      return event;
  }
}
