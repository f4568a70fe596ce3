/**
 * Pure: one stream output while it may still grow. Of a long one the document has the first part and, written late, the
 * newest lines, with a line between them that says what is left out; the whole text goes into the output store, line by
 * line as they can't change any more. Whatever is not in the store yet is kept here.
 */
import type { OutputEdit, StoredText, StreamName } from '@cokernel/proto/notebook';
import { z } from 'zod';

export interface StreamBounds {
  /** UTF-16 units of a stream that are shown from its beginning: as much as a page shows without effort. */
  readonly streamHead: number;
  /** And of its end: some screens full. */
  readonly streamTail: number;
}

/** A text of the run in the output store. */
export const RunText = z.object({
  /** Among the run's texts. */
  number: z.number(),
  /** UTF-8, of what was handed to the store and can't change any more. */
  bytes: z.number(),
});
export type RunText = Readonly<z.infer<typeof RunText>>;

export interface OpenStream {
  /** As OutputEdit means it. */
  readonly index: number;
  readonly name: StreamName;
  /** It is not in the document at all. */
  readonly isHidden: boolean;
  /** Where the first part ends. */
  readonly start: number;
  /** The first part ends with a line. */
  readonly isWholeLine: boolean;
  /** Of the whole text. */
  readonly length: number;
  /** Line breaks behind the first part in what is no longer in `rest`. */
  readonly lines: number;
  /** The end of that, at most `streamTail`. */
  readonly tail: string;
  /** The end of the whole text: what is in no store. */
  readonly rest: string;
  /** What is in the store; null while the document can show all of it. */
  readonly text: RunText | null;
  /** How long its text in the document is. */
  readonly shown: number;
  /** The document has not its newest lines. */
  readonly isLate: boolean;
}

type ReplaceText = Extract<OutputEdit, { type: 'replaceText' }>;

export function beginStream(index: number, name: StreamName, isHidden: boolean, bounds: StreamBounds): OpenStream {
  const none = {
    start: bounds.streamHead,
    isWholeLine: false,
    length: 0,
    lines: 0,
    tail: '',
    rest: '',
    text: null,
    shown: 0,
  };
  return { index, name, isHidden, ...none, isLate: false };
}

/** Its text from `from` on is now `text`. Text is only ever taken back on its last line. */
export function writeInto(
  stream: OpenStream,
  from: number,
  text: string,
  { streamHead }: StreamBounds,
): { readonly stream: OpenStream; readonly edits: readonly ReplaceText[] } {
  const settled = settledLength(stream);
  const rest = stream.rest.slice(0, Math.max(0, from - settled)) + text;
  const after = { ...stream, rest, length: settled + rest.length };
  if (stream.isHidden) return { stream: after, edits: [] };
  if (from >= stream.start) return { stream: { ...after, isLate: true }, edits: [] };
  const head = wholeCharacters(text, streamHead - from);
  const start = head.length < text.length ? from + head.length : streamHead;
  const isLate = after.length > start || stream.text !== null;
  const isWholeLine = head.endsWith('\n');
  return {
    stream: { ...after, start, isWholeLine, isLate, shown: from + head.length },
    edits: [{ type: 'replaceText', index: stream.index, from, text: head }],
  };
}

/** True when the document can't show all of it. */
export function isLong({ start, length }: OpenStream, { streamTail }: StreamBounds): boolean {
  return length > start + streamTail;
}

/** Takes out of `rest` what stands before `lineStart` and can't change any more. */
export function settle(
  stream: OpenStream,
  lineStart: number,
  { streamTail }: StreamBounds,
): { readonly stream: OpenStream; readonly settled: string } {
  const before = settledLength(stream);
  const settled = stream.rest.slice(0, Math.max(0, lineStart - before));
  const beyond = settled.slice(Math.max(0, stream.start - before));
  return {
    settled,
    stream: {
      ...stream,
      rest: stream.rest.slice(settled.length),
      lines: stream.lines + newlines(beyond),
      tail: (stream.tail + beyond.slice(-streamTail)).slice(-streamTail),
    },
  };
}

export interface Shown {
  /** Behind the first part. */
  readonly text: string;
  /** The line that says what is left out; empty when nothing is. */
  readonly gap: StoredText['gap'];
}

/** What the document shows behind the first part; `where` says where the whole is. */
export function shownBeyond(stream: OpenStream, { streamTail }: StreamBounds, where: string): Shown {
  const { start, length } = stream;
  const beyond = Math.max(0, length - start);
  const settled = settledLength(stream);
  const end = settled > start ? stream.tail + stream.rest : stream.rest.slice(start - settled);
  const at = Math.min(start, length);
  if (beyond <= Math.min(end.length, streamTail)) {
    return { text: beyond === 0 ? '' : end.slice(-beyond), gap: { from: at, to: at } };
  }
  const newest = newestLines(end.slice(-streamTail));
  const lines = stream.lines + newlines(stream.rest.slice(Math.max(0, start - settled))) - newlines(newest);
  const left = `${inWords(beyond - newest.length)} characters in ${inWords(lines)} lines`;
  const mark = `${stream.isWholeLine ? '' : '\n'}⋯ ${left} are not shown${where} ⋯\n`;
  return { text: mark + newest, gap: { from: start, to: start + mark.length } };
}

/** How much of the whole text is no longer in `rest`. */
function settledLength({ length, rest }: OpenStream): number {
  return length - rest.length;
}

/** From a line's beginning, if that leaves anything. */
function newestLines(text: string): string {
  const end = text.indexOf('\n');
  if (end !== -1 && end < text.length - 1) return text.slice(end + 1);
  return /^[\udc00-\udfff]/.test(text) ? text.slice(1) : text;
}

/** The first `length` units, or one less where they would end within a surrogate pair. */
function wholeCharacters(text: string, length: number): string {
  const isCut = text.length > length && /[\ud800-\udbff]/.test(text[length - 1] ?? '');
  return text.slice(0, isCut ? length - 1 : length);
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

export function inWords(value: number): string {
  return value.toLocaleString('en');
}
