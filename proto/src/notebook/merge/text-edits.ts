/**
 * Pure: few small edits that make one text of another: by lines, and within lines that differ by words. What is not edited
 * stays as it is, with the cursors in it. A text whose comparison would take too long is edited in one piece.
 */
import { simpleDiffString } from 'lib0/diff';
import { diffIndices } from 'node-diff3';
import type * as Y from 'yjs';

/** At `index` (UTF-16) of the former text `remove` units go and `insert` comes. */
interface TextEdit {
  readonly index: number;
  readonly remove: number;
  readonly insert: string;
}

/** Pairs of equal items that a comparison looks at, at most: some 20 ms. */
const MAX_PAIRS = 200_000;

/** In the order of the text; the places are those of `from`. */
function textEdits(from: string, to: string): readonly TextEdit[] {
  return refined(from, to, 0, [linesOf, wordsOf]);
}

/** Makes the text of a document this one. */
export function editText(text: Y.Text, to: string): void {
  const from = text.toJSON();
  // What a client embedded in the text has a length but no characters.
  const isPlain = from.length === text.length;
  const edits = isPlain ? textEdits(from, to) : [{ index: 0, remove: text.length, insert: to }];
  for (const { index, remove, insert } of [...edits].reverse()) {
    text.delete(index, remove);
    text.insert(index, insert);
  }
}

/** Each with its line end. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Words, runs of white space, and each other character. */
export function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^]/gu) ?? [];
}

/** Comparing these lists takes a bearable time. */
export function isComparable(from: readonly string[], to: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const item of to) counts.set(item, (counts.get(item) ?? 0) + 1);
  let pairs = 0;
  for (const item of from) {
    pairs += counts.get(item) ?? 0;
    if (pairs > MAX_PAIRS) return false;
  }
  return true;
}

type Splitting = (text: string) => string[];

function refined(from: string, to: string, offset: number, splittings: readonly Splitting[]): readonly TextEdit[] {
  const { index, remove, insert } = simpleDiffString(from, to);
  if (remove === 0 && insert === '') return [];
  const [split, ...finer] = splittings;
  if (remove === 0 || insert === '' || split === undefined) return [{ index: offset + index, remove, insert }];
  const [old, fresh] = [split(from), split(to)];
  if (!isComparable(old, fresh)) return [{ index: offset + index, remove, insert }];
  const starts = startsOf(old);
  return diffIndices(old, fresh).flatMap(({ buffer1: [first], buffer1Content, buffer2Content }) =>
    refined(buffer1Content.join(''), buffer2Content.join(''), offset + (starts[first] ?? 0), finer),
  );
}

/** Where each part begins, and where the last one ends. */
function startsOf(parts: readonly string[]): readonly number[] {
  const starts = [0];
  let at = 0;
  for (const part of parts) starts.push((at += part.length));
  return starts;
}
