/**
 * Pure: merges two texts that come from one. Lines that one side changed are taken. In prose, where a line is a paragraph,
 * so are words; in code two changes of one line are a conflict, since half of each is a third meaning that nobody wrote.
 */
import { diff3Merge } from 'node-diff3';
import type { CellType } from '../nbformat.js';
import { isComparable, wordsOf } from './text-edits.js';

/** Null: both changed the same place. */
export function mergeTexts(base: string, live: string, disk: string, type: CellType): string | null {
  if (live === disk || base === disk) return live;
  if (base === live) return disk;
  const inLine = type === 'markdown' ? mergeParagraphs : () => null;
  return mergeItems(base.split('\n'), live.split('\n'), disk.split('\n'), inLine)?.join('\n') ?? null;
}

/** The merged items of a place that both changed, or null. */
type AtConflict = (base: string[], live: string[], disk: string[]) => string[] | null;

function mergeItems(base: string[], live: string[], disk: string[], atConflict: AtConflict): string[] | null {
  if (!isComparable(base, live) || !isComparable(base, disk)) return null;
  const merged: string[] = [];
  for (const { ok, conflict } of diff3Merge(live, base, disk, { excludeFalseConflicts: true })) {
    const items = conflict === undefined ? (ok ?? []) : atConflict(conflict.o, conflict.a, conflict.b);
    if (items === null) return null;
    merged.push(...items);
  }
  return merged;
}

function mergeParagraphs(base: string[], live: string[], disk: string[]): string[] | null {
  // Lines that are gone have no words to merge with.
  if (base.length === 0 || live.length === 0 || disk.length === 0) return null;
  const words = [base, live, disk].map((lines) => wordsOf(lines.join('\n')));
  return (
    mergeItems(words[0] ?? [], words[1] ?? [], words[2] ?? [], () => null)
      ?.join('')
      .split('\n') ?? null
  );
}
