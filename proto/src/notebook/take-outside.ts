/**
 * Pure: makes a notebook small enough for a document, by the same thresholds as the outputs of a run: what is too large
 * is handed over as bytes, and a reference stands in its place. What a file does not have whole itself, and says by which
 * hash it is kept, becomes such a reference again.
 */
import { TextId, type ContentHash } from '../hub/ids.js';
import { omit, type JsonObject, type JsonValue } from './json.js';
import {
  findLeftOut,
  isLeftOutOfDisplay,
  leftOutOf,
  leftOutOfDisplay,
  leftOutOfStream,
  withLeftOut,
} from './left-out.js';
import type { Cell, DisplayDataOutput, ExecuteResultOutput, Notebook, Output, StreamOutput } from './nbformat.js';
import { encodeContent } from './stored-content.js';
import { STORED_MIME, StoredBundle } from './stored-output.js';

export interface OutsideLimits {
  /** What a display has under one MIME type, in UTF-16 units: larger than most tables, smaller than most plots. */
  readonly display: number;
  /** UTF-16 units of a stream that are shown from its beginning: as much as a page shows without effort. */
  readonly streamHead: number;
  /** And of its end: some screens full. */
  readonly streamTail: number;
}

export const DEFAULT_OUTSIDE: OutsideLimits = { display: 64 * 1024, streamHead: 256 * 1024, streamTail: 8 * 1024 };

/** Where the bytes go. */
export interface Outside {
  put(bytes: Uint8Array): ContentHash;
  /** Of what lies there already; null when it does not. */
  sizeOf(hash: ContentHash): number | null;
}

export function takeOutside(notebook: Notebook, limits: OutsideLimits, outside: Outside): Notebook {
  const cells = notebook.cells.map((cell) => cellInside(cell, limits, outside));
  return Object.freeze({ ...notebook, cells: Object.freeze(cells) });
}

function cellInside(cell: Cell, limits: OutsideLimits, outside: Outside): Cell {
  if (cell.cell_type !== 'code') return cell;
  const outputs = cell.outputs.map((output) => outputInside(output, limits, outside));
  return Object.freeze({ ...cell, outputs: Object.freeze(outputs) });
}

function outputInside(output: Output, limits: OutsideLimits, outside: Outside): Output {
  switch (output.output_type) {
    case 'stream':
      return foundStream(output, outside) ?? streamInside(output, limits, outside);
    case 'display_data':
    case 'execute_result':
      return displayInside(foundDisplay(output, outside), limits, outside);
    case 'error':
      return output;
  }
}

// Streams --------------------------------------------------------------------------------------------------------

function foundStream(output: StreamOutput, outside: Outside): StreamOutput | null {
  const found = findLeftOut(output.text);
  const bytes = found === null ? null : outside.sizeOf(found.sha256);
  if (found === null || bytes === null) return null;
  const { sha256, from, to } = found;
  return { ...output, stored: { id: TextId.parse(sha256), sha256, bytes, gap: { from, to } } };
}

function streamInside(output: StreamOutput, limits: OutsideLimits, outside: Outside): StreamOutput {
  const { text } = output;
  if (text.length <= limits.streamHead + limits.streamTail) return output;
  const content = encodeContent('text/plain', text);
  if (content === null) return output;
  const sha256 = outside.put(content.bytes);
  const stored = { id: TextId.parse(sha256), sha256, bytes: content.bytes.byteLength };
  const head = text.slice(0, wholeUntil(text, limits.streamHead));
  const line = `${head.endsWith('\n') ? '' : '\n'}${leftOutOfStream(stored)}\n`;
  const gap = { from: head.length, to: head.length + line.length };
  return { ...output, text: `${head}${line}${newest(text, limits.streamTail)}`, stored: { ...stored, gap } };
}

/** No surrogate pair is cut in two. */
function wholeUntil(text: string, end: number): number {
  const unit = text.charCodeAt(end - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end;
}

/** The last lines that are whole, or the end of the last line. */
function newest(text: string, length: number): string {
  const tail = text.slice(wholeUntil(text, text.length - length));
  const lineBreak = tail.indexOf('\n');
  return lineBreak === -1 || lineBreak === tail.length - 1 ? tail : tail.slice(lineBreak + 1);
}

// Displays -------------------------------------------------------------------------------------------------------

type Display = DisplayDataOutput | ExecuteResultOutput;

function foundDisplay<T extends Display>(output: T, outside: Outside): T {
  const named = leftOutOf(output);
  if (named === null) return output;
  const entries = Object.entries(named);
  const found = entries.filter(([, { sha256, bytes }]) => outside.sizeOf(sha256) === bytes);
  const lost = entries.filter((entry) => !found.includes(entry));
  const data = omit(output.data, [...found.map(([mime]) => mime), STORED_MIME]);
  const metadata = withLeftOut(output.metadata, Object.fromEntries(lost));
  return { ...output, data: found.length === 0 ? data : withStored(data, Object.fromEntries(found)), metadata };
}

function displayInside<T extends Display>(output: T, limits: OutsideLimits, outside: Outside): T {
  const data = bundleInside(output.data, limits, outside);
  return data === output.data ? output : { ...output, data };
}

/** The same bundle when all of it is small. */
export function bundleInside(data: JsonObject, limits: OutsideLimits, outside: Pick<Outside, 'put'>): JsonObject {
  const stored: Record<string, StoredBundle[string]> = {};
  for (const [mime, value] of Object.entries(data)) {
    if (mime === STORED_MIME || isLeftOutOfDisplay(value) || sizeOf(value) <= limits.display) continue;
    const content = encodeContent(mime, value);
    if (content === null) continue;
    const { bytes, base64 } = content;
    const reference = { sha256: outside.put(bytes), bytes: bytes.byteLength };
    stored[mime] = base64 === undefined ? reference : { ...reference, base64 };
  }
  return Object.keys(stored).length === 0 ? data : withStored(omit(data, Object.keys(stored)), stored);
}

/** Whoever does not know our type sees what else is there: at least a line that says what is missing. */
function withStored(data: JsonObject, more: StoredBundle): JsonObject {
  const stored = { ...StoredBundle.safeParse(data[STORED_MIME]).data, ...more };
  const shown = isLeftOutOfDisplay(data['text/plain']) ? omit(data, ['text/plain']) : data;
  const text = 'text/plain' in shown ? {} : { 'text/plain': leftOutOfDisplay(stored) };
  return Object.freeze({ ...shown, ...text, [STORED_MIME]: stored as JsonObject });
}

function sizeOf(value: JsonValue): number {
  return typeof value === 'string' ? value.length : JSON.stringify(value).length;
}
