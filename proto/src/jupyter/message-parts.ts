/**
 * A message as it stands in every wire format: four JSON texts (header, parent header, metadata, content) and raw
 * buffers. A codec that only passes a message on uses these bytes as they came, so that nothing is written anew and
 * numbers beyond JavaScript's precision survive. Reading them never throws.
 * Pure: bytes in, values out.
 */
import {
  isRecord,
  parseHeader,
  parseParentHeader,
  type BadMessageReason,
  type Channel,
  type KernelMessage,
} from './message.js';

export interface MessageParts {
  /** Header, parent header, metadata, content. */
  readonly json: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  readonly buffers: readonly Uint8Array[];
}

/** `parts` are views into the bytes that were read: copy them to keep them longer than those. */
export type DecodedMessage =
  | { readonly ok: true; readonly message: KernelMessage; readonly parts: MessageParts }
  | { readonly ok: false; readonly reason: BadMessageReason };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function messageParts(message: KernelMessage): MessageParts {
  const { header, parent_header, metadata, content, buffers } = message;
  return { json: [toBytes(header), toBytes(parent_header), toBytes(metadata), toBytes(content)], buffers };
}

export function parseParts(channel: Channel, parts: MessageParts): DecodedMessage {
  const texts = parts.json.map(fromBytes);
  const [header, parent, metadata, content] = texts;
  if (texts.includes(undefined)) return { ok: false, reason: 'badJson' };
  const fields = parseFields(channel, { header, parent_header: parent, metadata, content }, parts.buffers);
  return fields.ok ? { ...fields, parts } : fields;
}

/** A message from its already parsed JSON fields. Missing or null metadata means none, as some kernels send it. */
export function parseFields(
  channel: Channel,
  fields: Readonly<Record<string, unknown>>,
  buffers: readonly Uint8Array[],
): { readonly ok: true; readonly message: KernelMessage } | { readonly ok: false; readonly reason: BadMessageReason } {
  const parsed = parseHeader(fields['header']);
  if (!parsed.ok) return parsed;
  const { metadata, content } = fields;
  if (!isRecord(content)) return { ok: false, reason: 'badJson' };
  const message: KernelMessage = {
    channel,
    header: parsed.header,
    parent_header: parseParentHeader(fields['parent_header']),
    metadata: isRecord(metadata) ? metadata : {},
    content,
    buffers,
  };
  return { ok: true, message };
}

/** The JSON value of some bytes; undefined, which JSON can't say, when they are none. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function toBytes(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

function fromBytes(bytes: Uint8Array): unknown {
  return parseJson(decoder.decode(bytes));
}
