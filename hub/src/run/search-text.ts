/**
 * Searches a stored text as it streams by, in memory that does not grow with it. Words are compared byte by byte, within
 * lines; matches don't overlap.
 */
import type { TextMatch, TextSearchResult } from '@cokernel/proto/hub';
import type { StoredBytes } from './output-store.js';

export interface TextSearch {
  /** Without a line break. */
  readonly words: string;
  /** The first byte that counts. */
  readonly from: number;
  /** How many matches at most (100). */
  readonly limit: number;
}

/** Bytes of the line that are shown before and behind a match: what fits on a line of a page. */
const BEFORE_BYTES = 100;
const BEHIND_BYTES = 200;
const NEWLINE = 0x0a;

/** Ends early, with what it has, when `signal` says that nobody waits any more. */
export async function searchText(
  stored: StoredBytes,
  search: TextSearch,
  signal: AbortSignal,
): Promise<TextSearchResult> {
  const searching = new Searching(search);
  for await (const piece of stored.read()) {
    if (searching.take(piece, false) || signal.aborted) break;
  }
  searching.take(Buffer.alloc(0), true);
  return searching.result();
}

class Searching {
  private readonly words: Buffer;
  private readonly matches: TextMatch[] = [];
  private next: number | null = null;
  /** What may still be part of a match, or be shown around one; it begins at this byte of the text. */
  private block = Buffer.alloc(0);
  private blockStart = 0;
  /** In the block: before it there is no further match. */
  private at = 0;
  /** Of the byte of the block up to which line breaks are counted. */
  private line = 1;
  private counted = 0;

  constructor(private readonly search: TextSearch) {
    this.words = Buffer.from(search.words);
  }

  /** True when the search is over. */
  take(piece: Uint8Array, isLast: boolean): boolean {
    if (this.next !== null) return true;
    this.block = Buffer.concat([this.block, piece]);
    // A match is told when all that is shown behind it is here.
    const end = this.block.length - this.words.length - (isLast ? 0 : BEHIND_BYTES);
    const first = Math.max(this.at, this.search.from - this.blockStart);
    for (let found = this.find(first); found !== -1 && found <= end; found = this.find(this.at)) {
      if (this.matches.length === this.search.limit) {
        this.next = this.blockStart + found;
        return true;
      }
      this.matches.push(this.matchAt(found));
      this.at = found + this.words.length;
    }
    this.at = Math.max(this.at, end + 1);
    this.forget(Math.max(0, this.at - BEFORE_BYTES));
    return false;
  }

  result(): TextSearchResult {
    return { matches: this.matches, next: this.next };
  }

  private find(from: number): number {
    return this.block.indexOf(this.words, from);
  }

  private matchAt(found: number): TextMatch {
    this.countLines(found);
    const from = this.blockStart + found;
    const to = from + this.words.length;
    return { line: this.line, from, to, text: this.around(found, found + this.words.length) };
  }

  /** The line, or of a long one what is near, cut between characters. */
  private around(from: number, to: number): string {
    const lineStart = from === 0 ? 0 : this.block.lastIndexOf(NEWLINE, from - 1) + 1;
    let start = Math.max(lineStart, from - BEFORE_BYTES);
    while (start < from && isWithinCharacter(this.block[start])) start += 1;
    const lineEnd = this.block.indexOf(NEWLINE, to);
    let end = Math.min(lineEnd === -1 ? this.block.length : lineEnd, to + BEHIND_BYTES);
    while (end > to && isWithinCharacter(this.block[end])) end -= 1;
    return this.block.toString('utf8', start, end);
  }

  private forget(bytes: number): void {
    this.countLines(bytes);
    this.block = this.block.subarray(bytes);
    this.blockStart += bytes;
    this.at -= bytes;
    this.counted -= bytes;
  }

  private countLines(upTo: number): void {
    while (this.counted < upTo) {
      const newline = this.block.indexOf(NEWLINE, this.counted);
      if (newline === -1 || newline >= upTo) {
        this.counted = upTo;
        return;
      }
      this.line += 1;
      this.counted = newline + 1;
    }
  }
}

function isWithinCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
