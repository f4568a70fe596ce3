/** Pure: the order in which a person looks for files: folders, then notebooks, then the rest, each by name. */
import type { ContentsEntry } from '@cokernel/core';

const ranks: Readonly<Record<ContentsEntry['type'], number>> = { directory: 0, notebook: 1, file: 2 };

export function inReadingOrder(entries: readonly ContentsEntry[]): ContentsEntry[] {
  return [...entries].sort(
    (one, other) =>
      ranks[one.type] - ranks[other.type] || one.name.localeCompare(other.name, undefined, { numeric: true }),
  );
}

/** When a file changed last, in words that a person compares at a glance. Both are instants in milliseconds. */
export function agoText(then: number, now: number): string {
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  const days = Math.floor(minutes / (24 * 60));
  return days === 1 ? 'yesterday' : `${days} days ago`;
}
