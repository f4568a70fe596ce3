/** Pure: an error whose traceback is too long for a document: its ends stay, with a line between them. */
import type { ErrorOutput, StoredText } from '@cokernel/proto/notebook';
import { TextId } from '@cokernel/proto/hub';
import { inWords } from './open-stream.js';
import type { Blob } from './stored-display.js';
import { blobOf } from './stored-display.js';

export interface StoredError {
  readonly output: ErrorOutput;
  readonly stored: StoredText;
  readonly blob: Blob;
}

/** Of the name and the value, which stand in one line each. */
const MOST_OF_VALUE = 4 * 1024;

/** Null when all of it is short (UTF-16 units). */
export function storeError(output: ErrorOutput, limit: number): StoredError | null {
  const { ename, evalue, traceback } = output;
  const lines = traceback.join('\n');
  if (lines.length + ename.length + evalue.length <= limit) return null;
  const whole = lines.includes(evalue) ? lines : `${ename}: ${evalue}\n${lines}`;
  const half = Math.floor(limit / 4);
  const { head, mark, tail } = ends(lines, half, whole.length);
  const blob = blobOf(new TextEncoder().encode(whole));
  const gap = { from: head.length + 1, to: head.length + 1 + mark.length };
  return {
    output: { ...output, ename: shortened(ename), evalue: shortened(evalue), traceback: [head, mark, tail] },
    stored: { id: TextId.parse(blob.sha256), sha256: blob.sha256, bytes: blob.bytes.length, gap },
    blob,
  };
}

function ends(text: string, half: number, whole: number): { head: string; mark: string; tail: string } {
  const head = wholeUntil(text.slice(0, half));
  const tail = text.length > 2 * half ? fromWhole(text.slice(-half)) : '';
  const mark = `⋯ ${inWords(whole - head.length - tail.length)} characters are not shown: the hub has them ⋯`;
  return { head, mark, tail };
}

function shortened(text: string): string {
  return text.length <= MOST_OF_VALUE ? text : `${wholeUntil(text.slice(0, MOST_OF_VALUE))} ⋯`;
}

/** Without half a surrogate pair at its end. */
function wholeUntil(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

/** Without half a surrogate pair at its beginning. */
function fromWhole(text: string): string {
  return /^[\udc00-\udfff]/.test(text) ? text.slice(1) : text;
}
