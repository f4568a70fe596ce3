/**
 * Hub frames: y-websocket message type 100, one JSON text each (PROTOCOL.md §2). Bytes: varUint 100, then the
 * text as a lib0 varString. Both directions; the JSON is one of the three shapes below.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { z } from 'zod';
import { HubEvent } from './events.js';

/** y-websocket message types that cross the room socket. */
export const FRAME_SYNC = 0;
export const FRAME_AWARENESS = 1;
export const FRAME_JUPYTERLAB = 2;
export const FRAME_QUERY_AWARENESS = 3;
export const FRAME_HUB = 100;

/** Client to hub. `id` is the client's own and is repeated in the answer. */
export const CallFrame = z.object({ id: z.number().int().nonnegative(), call: z.string(), params: z.unknown() });
export type CallFrame = z.infer<typeof CallFrame>;

/** Hub to client: the answer to one call. */
export const AnswerFrame = z.union([
  z.object({ id: z.number().int(), ok: z.literal(true), result: z.unknown() }),
  z.object({
    id: z.number().int(),
    ok: z.literal(false),
    error: z.object({
      code: z.string(),
      message: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
]);
export type AnswerFrame = z.infer<typeof AnswerFrame>;

/** Hub to client: an event. `seq` grows by one a hub event on this socket, from 1. */
export const EventFrame = z.object({ seq: z.number().int(), event: HubEvent });
export type EventFrame = z.infer<typeof EventFrame>;

export type HubFrame = CallFrame | AnswerFrame | EventFrame;

/** The bytes of one hub frame, type included. */
export function encodeHubFrame(frame: HubFrame): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, FRAME_HUB);
  encoding.writeVarString(encoder, JSON.stringify(frame));
  return encoding.toUint8Array(encoder);
}

/** Reads the JSON of a hub frame whose type was read already. Throws on bytes or text that are not JSON. */
export function readHubFrame(decoder: decoding.Decoder): unknown {
  return JSON.parse(decoding.readVarString(decoder)) as unknown;
}
