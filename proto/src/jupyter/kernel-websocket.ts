/**
 * The Jupyter kernel WebSocket's two wire formats: `v1.kernel.websocket.jupyter.org` and the default one. Decoding
 * never throws: what is not a message is a value that says why, so that one bad frame never ends a socket.
 * Specification: https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html
 * Pure: bytes in, values out.
 */
import {
  messageParts,
  parseFields,
  parseJson,
  parseParts,
  type DecodedMessage,
  type MessageParts,
} from './message-parts.js';
import { isChannel, isRecord, type BadMessageReason, type Channel, type KernelMessage } from './message.js';

export const KERNEL_WEBSOCKET_V1 = 'v1.kernel.websocket.jupyter.org';

type Decoded =
  { readonly ok: true; readonly message: KernelMessage } | { readonly ok: false; readonly reason: BadMessageReason };

/** Channel, four JSON texts: what every v1 frame has before its buffers. */
const V1_FIXED_PARTS = 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeV1(message: KernelMessage): Uint8Array<ArrayBuffer> {
  return encodeV1Parts(message.channel, messageParts(message));
}

/** u64 LE n, n offsets (the last is the end), channel, the JSON texts, the buffers. */
export function encodeV1Parts(channel: Channel, parts: MessageParts): Uint8Array<ArrayBuffer> {
  const pieces = [encoder.encode(channel), ...parts.json, ...parts.buffers];
  const offsetCount = pieces.length + 1;
  const start = 8 * (offsetCount + 1);
  const frame = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, start));
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(offsetCount), true);
  let offset = start;
  pieces.forEach((piece, index) => {
    view.setBigUint64(8 * (index + 1), BigInt(offset), true);
    frame.set(piece, offset);
    offset += piece.length;
  });
  view.setBigUint64(8 * offsetCount, BigInt(offset), true);
  return frame;
}

export function decodeV1(frame: Uint8Array): DecodedMessage {
  if (frame.length < 8) return { ok: false, reason: 'tooShort' };
  const offsetCount = readUint64(frame, 0);
  if (offsetCount <= V1_FIXED_PARTS || 8 * (offsetCount + 1) > frame.length) return { ok: false, reason: 'badOffsets' };
  const offsets = Array.from({ length: offsetCount }, (_, index) => readUint64(frame, 8 * (index + 1)));
  if (offsets[0] !== 8 * (offsetCount + 1)) return { ok: false, reason: 'badOffsets' };
  const pieces = cut(frame, offsets);
  if (pieces === null || offsets.at(-1) !== frame.length) return { ok: false, reason: 'badOffsets' };
  const [name, header, parent, metadata, content, ...buffers] = pieces;
  if (!name || !header || !parent || !metadata || !content) return { ok: false, reason: 'tooShort' };
  const channel = decoder.decode(name);
  if (!isChannel(channel)) return { ok: false, reason: 'badChannel' };
  return parseParts(channel, { json: [header, parent, metadata, content], buffers });
}

/** Text without buffers; with them u32 BE n, n offsets, the JSON, the buffers. */
export function encodeDefault(message: KernelMessage): string | Uint8Array<ArrayBuffer> {
  const { buffers, ...fields } = message;
  const { msg_id, msg_type } = message.header;
  const text = JSON.stringify({ ...fields, msg_id, msg_type, buffers: [] });
  if (buffers.length === 0) return text;
  const pieces = [encoder.encode(text), ...buffers];
  const start = 4 * (pieces.length + 1);
  const frame = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, start));
  const view = new DataView(frame.buffer);
  view.setUint32(0, pieces.length);
  let offset = start;
  pieces.forEach((piece, index) => {
    view.setUint32(4 * (index + 1), offset);
    frame.set(piece, offset);
    offset += piece.length;
  });
  return frame;
}

export function decodeDefault(frame: string | Uint8Array): Decoded {
  if (typeof frame === 'string') return parseDefault(frame, []);
  if (frame.length < 4) return { ok: false, reason: 'tooShort' };
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const count = view.getUint32(0);
  if (count < 1 || 4 * (count + 1) > frame.length) return { ok: false, reason: 'badOffsets' };
  const offsets = Array.from({ length: count }, (_, index) => view.getUint32(4 * (index + 1)));
  if ((offsets[0] ?? 0) < 4 * (count + 1)) return { ok: false, reason: 'badOffsets' };
  const [text, ...buffers] = cut(frame, [...offsets, frame.length]) ?? [];
  return text === undefined ? { ok: false, reason: 'badOffsets' } : parseDefault(decoder.decode(text), buffers);
}

/** Old clients name no channel and mean shell, as Jupyter Server reads them. */
function parseDefault(text: string, buffers: readonly Uint8Array[]): Decoded {
  const fields = parseJson(text);
  if (!isRecord(fields)) return { ok: false, reason: 'badJson' };
  const channel = fields['channel'] ?? 'shell';
  return isChannel(channel) ? parseFields(channel, fields, buffers) : { ok: false, reason: 'badChannel' };
}

/** The pieces between neighbouring offsets; null when these don't grow or lead outside. */
function cut(frame: Uint8Array, offsets: readonly number[]): Uint8Array[] | null {
  const ends = offsets.slice(1);
  const grows = ends.every((end, index) => end >= (offsets[index] ?? Infinity) && end <= frame.length);
  return grows ? ends.map((end, index) => frame.subarray(offsets[index], end)) : null;
}

/** Numbers beyond 2^53 lose precision, which only makes them wrong offsets in another way. */
function readUint64(frame: Uint8Array, position: number): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return view.getUint32(position, true) + view.getUint32(position + 4, true) * 0x1_0000_0000;
}
