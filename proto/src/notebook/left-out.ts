/**
 * Pure: the lines that stand where an output is not whole. Each says what is missing, how much it is, and by which hash
 * the hub keeps it, so that a reader knows and a hub that opens the file finds it again.
 */
import type { ContentHash } from '../hub/ids.js';
import { ContentHash as ContentHashSchema } from '../hub/ids.js';
import { isJsonObject, omit, type JsonObject, type JsonValue } from './json.js';
import type { DisplayDataOutput, ExecuteResultOutput } from './nbformat.js';
import { STORED_MIME, StoredBundle, storedBundle, type StoredText } from './stored-output.js';

/** In the place of the part of a text that is not there. A text that still grows has no hash yet. */
export function leftOutOfText({ bytes, sha256, id }: Pick<StoredText, 'bytes' | 'sha256' | 'id'>): string {
  const kept = sha256 === null ? `text ${id}` : `sha256 ${sha256}`;
  return `⋯ not all of this output is here: Cokernel keeps its ${number(bytes)} bytes as ${kept} ⋯`;
}

/**
 * In the place of what a display has under these MIME types: a line each. `text`: its own `text/plain`, of which the
 * ends are shown when it is one of them.
 */
export function leftOutText(stored: StoredBundle, text?: JsonValue): string {
  const lines = Object.entries(stored).map(
    ([mime, { bytes, sha256 }]) => `⋯ ${mime}: Cokernel keeps its ${number(bytes)} bytes as sha256 ${sha256} ⋯`,
  );
  if (!('text/plain' in stored) || typeof text !== 'string') return lines.join('\n');
  return [
    text.slice(0, cutAt(text, SHOWN)),
    ...lines,
    text.slice(cutAt(text, Math.max(SHOWN, text.length - SHOWN))),
  ].join('\n');
}

/** UTF-16 units of each end of a text. */
const SHOWN = 4 * 1024;

/** No surrogate pair is cut in two. */
export function cutAt(text: string, end: number): number {
  const unit = text.charCodeAt(end - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end;
}

export interface LeftOut {
  readonly sha256: ContentHash;
  /** Where the line begins and ends (UTF-16). */
  readonly from: number;
  readonly to: number;
}

const STREAM_LINE = /^⋯ not all of this output is here: Cokernel keeps its [\d,]+ bytes as sha256 ([0-9a-f]{64}) ⋯$/m;
const DISPLAY_LINES = /^(?:⋯ \S+: Cokernel keeps its [\d,]+ bytes as sha256 [0-9a-f]{64} ⋯(?:\n|$))+$/;

/** Where a stream's text says that it is not whole. */
export function findLeftOut(text: string): LeftOut | null {
  const match = STREAM_LINE.exec(text);
  const sha256 = ContentHashSchema.safeParse(match?.[1]).data;
  if (match === null || sha256 === undefined) return null;
  return { sha256, from: match.index, to: match.index + match[0].length };
}

/** The text is nothing but lines of `leftOutText`. */
export function isLeftOutOfDisplay(text: unknown): boolean {
  return typeof text === 'string' && DISPLAY_LINES.test(text);
}

/** Of an output's metadata in a file: what the file does not have, as the document names it. */
const METADATA = 'cokernel';

/** What a file's display says that it does not have; null when it says nothing of the kind. */
export function leftOutOf({ data, metadata }: DisplayDataOutput | ExecuteResultOutput): StoredBundle | null {
  const mark = metadata[METADATA];
  const named = isJsonObject(mark) ? StoredBundle.safeParse(mark['stored']).data : undefined;
  return named === undefined && !(STORED_MIME in data) ? null : { ...storedBundle(data), ...named };
}

/** An output's metadata that says this, and nothing of the kind when there is nothing. */
export function withLeftOut(metadata: JsonObject, stored: StoredBundle): JsonObject {
  const mark = metadata[METADATA];
  const others = isJsonObject(mark) ? omit(mark, ['stored']) : {};
  const own = Object.keys(stored).length === 0 ? others : { ...others, stored: stored as JsonObject };
  const rest = omit(metadata, [METADATA]);
  return Object.keys(own).length === 0 ? rest : Object.freeze({ ...rest, [METADATA]: own });
}

function number(value: number): string {
  return value.toLocaleString('en');
}
