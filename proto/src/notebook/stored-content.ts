/**
 * Pure: what a MIME bundle has under one type, as the bytes that lie in the output store, and back. Text is UTF-8, JSON is
 * JSON text, base64 is its bytes, with its layout kept apart (kernels break its lines in different ways). What would not
 * come back exactly as it was has no bytes and stays where it is.
 */
import { fromBase64, toBase64 } from 'lib0/buffer';
import { jsonEquals, type JsonValue } from './json.js';
import { isJsonMime, isTextMime } from './mime-types.js';
import type { Base64Layout } from './stored-output.js';

export interface StoredContent {
  readonly bytes: Uint8Array;
  readonly base64?: Base64Layout | undefined;
}

/** Null when the value would not come back as it is. */
export function encodeContent(mime: string, value: JsonValue): StoredContent | null {
  if (isJsonMime(mime)) return encodeJson(value);
  if (typeof value !== 'string') return null;
  return (isTextMime(mime) ? null : encodeBase64(value)) ?? encodeText(value);
}

/** Throws on bytes that `encodeContent` did not make for this type. */
export function decodeContent(mime: string, { bytes, base64 }: StoredContent): JsonValue {
  if (base64 !== undefined) return layOut(toBase64(bytes), base64);
  const text = decodeText(bytes);
  return isJsonMime(mime) ? (JSON.parse(text) as JsonValue) : text;
}

function encodeJson(value: JsonValue): StoredContent | null {
  const text = JSON.stringify(value);
  // NaN and the infinities have no JSON text.
  return jsonEquals(JSON.parse(text) as JsonValue, value) ? { bytes: new TextEncoder().encode(text) } : null;
}

function encodeText(text: string): StoredContent | null {
  const bytes = new TextEncoder().encode(text);
  // Half a surrogate pair has no UTF-8.
  return decodeText(bytes) === text ? { bytes } : null;
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function encodeBase64(text: string): StoredContent | null {
  const base64 = layoutOf(text);
  const bytes = decodeBase64(text.replaceAll('\n', ''));
  return bytes !== null && layOut(toBase64(bytes), base64) === text ? { bytes, base64 } : null;
}

function decodeBase64(text: string): Uint8Array | null {
  try {
    return fromBase64(text);
  } catch {
    // Browsers refuse what is no base64; Node reads what it can, and the comparison above refuses it.
    return null;
  }
}

/** As Python's `encodebytes`, `b2a_base64` and `b2a_base64(newline=False)` write it, or another program by such rules. */
function layoutOf(text: string): Base64Layout {
  const columns = text.indexOf('\n');
  const newline = text.endsWith('\n');
  return { columns: columns === -1 || columns === text.length - 1 ? 0 : columns, newline };
}

function layOut(base64: string, { columns, newline }: Base64Layout): string {
  const lines: string[] = [];
  for (let at = 0; columns > 0 && at < base64.length; at += columns) lines.push(base64.slice(at, at + columns));
  return `${columns > 0 ? lines.join('\n') : base64}${newline ? '\n' : ''}`;
}
