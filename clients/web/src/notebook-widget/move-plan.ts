/** Pure: JupyterLab's "move n cells from here to there", by index, as moves of cells by id. */
import type { CellId } from '@cokernel/proto/hub';

export interface MovePlan {
  /** In the order in which they shall stand. */
  readonly moved: readonly CellId[];
  /** The cell before which they shall stand; null: at the end. */
  readonly before: CellId | null;
}

/** `to` is an index in the list as it is now. Null when nothing would move. */
export function movePlan(ids: readonly CellId[], from: number, to: number, count: number): MovePlan | null {
  const target = Math.min(ids.length - 1, Math.max(0, to));
  if (target === from) return null;
  const moved = ids.slice(from, from + count);
  const rest = [...ids.slice(0, from), ...ids.slice(from + count)];
  const place = from > target ? target : target - count + 1;
  return moved.length === 0 ? null : { moved, before: rest[place] ?? null };
}
