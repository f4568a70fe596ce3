/** Pages of a stored text: whole lines where lines are not longer than a page, whole characters always. */
import type { HubClient, StoredName } from '@cokernel/core';

export interface TextPage {
  /** Bytes of the whole text. */
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly text: string;
}

const PAGE_BYTES = 64 * 1024;
/** A line is looked for so far before the place that is asked for. */
const LINE_BYTES = 4 * 1024;

/** The page that begins with the line at this byte; a negative one: the page that ends there. */
export async function readPage(hub: HubClient, name: StoredName, at: number): Promise<TextPage> {
  const range = at < 0 ? { start: Math.max(0, -at - PAGE_BYTES), end: -at } : around(at);
  const { start, size, response } = await hub.readStoredOutput(name, { range });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return pageOf({ start, size, bytes, wanted: at < 0 ? start : at });
}

function around(at: number): { readonly start: number; readonly end: number } {
  const start = Math.max(0, at - LINE_BYTES);
  return { start, end: at + PAGE_BYTES };
}

interface ReadBytes {
  readonly start: number;
  readonly size: number;
  readonly bytes: Uint8Array;
  /** The byte whose line the page begins with. */
  readonly wanted: number;
}

const LINE_FEED = 10;

/** Pure: the whole lines among these bytes. */
export function pageOf({ start, size, bytes, wanted }: ReadBytes): TextPage {
  const from = start === 0 && wanted === 0 ? 0 : lineStart(bytes, wanted - start, start === 0);
  const atEnd = start + bytes.length >= size;
  const lastBreak = bytes.lastIndexOf(LINE_FEED);
  const to = atEnd || lastBreak < from ? characterStart(bytes, bytes.length) : lastBreak + 1;
  return { start: start + from, end: start + to, size, text: new TextDecoder().decode(bytes.subarray(from, to)) };
}

/** Where the line begins that `at` is in, else the next one after it, else the next character. */
function lineStart(bytes: Uint8Array, at: number, isWhole: boolean): number {
  const before = bytes.lastIndexOf(LINE_FEED, at - 1);
  if (at > 0 && before !== -1) return before + 1;
  if (isWhole) return 0;
  const after = bytes.indexOf(LINE_FEED, at);
  return after === -1 || after === bytes.length - 1 ? nextCharacter(bytes, at) : after + 1;
}

function nextCharacter(bytes: Uint8Array, at: number): number {
  let next = at;
  while (isContinuation(bytes[next])) next += 1;
  return next;
}

/** The end of the last character that is whole. */
function characterStart(bytes: Uint8Array, end: number): number {
  let start = end - 1;
  while (start > 0 && isContinuation(bytes[start])) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return start + length <= end ? end : start;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
