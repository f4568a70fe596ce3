/**
 * Pure: makes a notebook small enough for a document, by the same thresholds as the outputs of a run: what is too large
 * is handed over as bytes, and a reference stands in its place. What a file does not have whole itself, and says by which
 * hash it is kept, becomes such a reference again.
 */
import { TextId, type ContentHash } from '../hub/ids.js';
import { omit, type JsonObject, type JsonValue } from './json.js';
import {
  cutAt,
  findLeftOut,
  isLeftOutOfDisplay,
  leftOutOf,
  leftOutOfText,
  leftOutText,
  withLeftOut,
} from './left-out.js';
import type {
  Cell,
  MimeBundle,
  DisplayDataOutput,
  ExecuteResultOutput,
  Notebook,
  Output,
  StreamOutput,
} from './nbformat.js';
import { encodeContent } from './stored-content.js';
import { STORED_MIME, storedBundle, type StoredBundle } from './stored-output.js';

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
      return displayInside(output, limits, outside);
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
  const head = text.slice(0, cutAt(text, limits.streamHead));
  const line = `${head.endsWith('\n') ? '' : '\n'}${leftOutOfText(stored)}\n`;
  const gap = { from: head.length, to: head.length + line.length };
  return { ...output, text: `${head}${line}${newest(text, limits.streamTail)}`, stored: { ...stored, gap } };
}

/** The last lines that are whole, or the end of the last line. */
function newest(text: string, length: number): string {
  const tail = text.slice(cutAt(text, text.length - length));
  const lineBreak = tail.indexOf('\n');
  return lineBreak === -1 || lineBreak === tail.length - 1 ? tail : tail.slice(lineBreak + 1);
}

// Displays -------------------------------------------------------------------------------------------------------

type Display = DisplayDataOutput | ExecuteResultOutput;

function displayInside<T extends Display>(output: T, limits: OutsideLimits, outside: Outside): T {
  const { found, lost } = namedBy(output, outside);
  const metadata = withLeftOut(output.metadata, lost);
  const data = withStored(output.data, found);
  return { ...output, data: bundleInside(data, limits, outside), metadata };
}

/** What a file's display says that it does not have itself: of it, what is here and what is not. */
function namedBy(output: Display, outside: Outside): { readonly found: StoredBundle; readonly lost: StoredBundle } {
  const entries = Object.entries(leftOutOf(output) ?? {});
  const found = entries.filter(([, { sha256, bytes }]) => outside.sizeOf(sha256) === bytes);
  const lost = entries.filter((entry) => !found.includes(entry));
  return { found: Object.fromEntries(found), lost: Object.fromEntries(lost) };
}

/** The same bundle when all of it is small. */
export function bundleInside(data: MimeBundle, limits: OutsideLimits, outside: Pick<Outside, 'put'>): MimeBundle {
  const known = storedBundle(data) ?? {};
  const taken: Record<string, StoredBundle[string]> = {};
  for (const [mime, value] of Object.entries(data)) {
    if (mime === STORED_MIME || mime in known || sizeOf(value) <= limits.display || isLeftOutOfDisplay(value)) continue;
    const content = encodeContent(mime, value);
    if (content === null) continue;
    const { bytes, base64 } = content;
    const reference = { sha256: outside.put(bytes), bytes: bytes.byteLength };
    taken[mime] = base64 === undefined ? reference : { ...reference, base64 };
  }
  if (Object.keys(taken).length === 0) return data;
  const stored = { ...known, ...taken };
  const text = 'text/plain' in taken ? leftOutText(stored, data['text/plain']) : data['text/plain'];
  return withStored({ ...data, 'text/plain': text ?? leftOutText(stored) }, stored);
}

/** Who does not know our type sees what else is there: at least a text that says what is missing. */
function withStored(data: MimeBundle, stored: StoredBundle): MimeBundle {
  const own = omit(data, [...Object.keys(stored), STORED_MIME]);
  if (Object.keys(stored).length === 0) return own;
  const text = data['text/plain'];
  const shown = text === undefined || isLeftOutOfDisplay(text) ? leftOutText(stored) : text;
  return Object.freeze({ ...own, 'text/plain': shown, [STORED_MIME]: stored as JsonObject });
}

function sizeOf(value: JsonValue): number {
  return typeof value === 'string' ? value.length : JSON.stringify(value).length;
}
