/**
 * Jupyter's messages as ZeroMQ frames (J2): `idents… <IDS|MSG> hmac header parent_header metadata content buffers…`.
 * The HMAC function is passed in, so that this runs in any place; a frame list that is not a valid message is a value
 * that says why (J3), never an exception.
 * Pure: bytes in, values out.
 */
import { messageParts, parseParts, type DecodedMessage, type MessageParts } from './message-parts.js';
import type { Channel, KernelMessage } from './message.js';

/** The lower-case hex HMAC over the four JSON frames, one after the other. Null: the key is empty, nothing is signed. */
export type Signer = ((json: readonly Uint8Array[]) => string) | null;

const encoder = new TextEncoder();
const DELIMITER = encoder.encode('<IDS|MSG>');

export function encodeZmqFrames(message: KernelMessage, sign: Signer): Uint8Array[] {
  return encodeZmqParts(messageParts(message), sign);
}

/** As `encodeZmqFrames`, with the JSON bytes as they came. */
export function encodeZmqParts(parts: MessageParts, sign: Signer): Uint8Array[] {
  const signature = encoder.encode(sign === null ? '' : sign(parts.json));
  return [DELIMITER, signature, ...parts.json, ...parts.buffers];
}

export function decodeZmqFrames(frames: readonly Uint8Array[], channel: Channel, sign: Signer): DecodedMessage {
  const delimiter = frames.findIndex(isDelimiter);
  if (delimiter < 0) return { ok: false, reason: 'noDelimiter' };
  const [signature, header, parent, metadata, content, ...buffers] = frames.slice(delimiter + 1);
  if (!signature || !header || !parent || !metadata || !content) return { ok: false, reason: 'tooShort' };
  const json = [header, parent, metadata, content] as const;
  if (sign !== null && !equalInConstantTime(encoder.encode(sign(json)), signature)) {
    return { ok: false, reason: 'badSignature' };
  }
  return parseParts(channel, { json, buffers });
}

/** The signature of frames that were found valid: no two messages of one sender have the same. */
export function signatureIn(frames: readonly Uint8Array[]): Uint8Array | null {
  return frames[frames.findIndex(isDelimiter) + 1] ?? null;
}

function isDelimiter(frame: Uint8Array): boolean {
  return frame.length === DELIMITER.length && DELIMITER.every((byte, index) => byte === frame[index]);
}

/** The time taken must not tell how many bytes of a forged signature are right. */
function equalInConstantTime(expected: Uint8Array, given: Uint8Array): boolean {
  let difference = expected.length ^ given.length;
  for (let index = 0; index < expected.length; index += 1) {
    difference |= (expected[index] ?? 0) ^ (given[index] ?? 0);
  }
  return difference === 0;
}
