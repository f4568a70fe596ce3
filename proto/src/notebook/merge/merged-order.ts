/**
 * Pure: the order of the cells of a merge: that of `live`, with what `disk` moved or added behind the cell that stands
 * before it there. A cell that both moved stands where `live` has it.
 */
import type { CellId } from '../../hub/ids.js';
import { stableItems } from './stable-items.js';

/** Every id of `live` and `disk`, once. */
export function mergedOrder(
  base: readonly CellId[],
  live: readonly CellId[],
  disk: readonly CellId[],
): readonly CellId[] {
  const movedHere = moved(base, live);
  const movedThere = moved(base, disk);
  const inLive = new Set(live);
  const isPlaced = (id: CellId): boolean => !inLive.has(id) || (movedThere.has(id) && !movedHere.has(id));
  const placed = new Set(disk.filter(isPlaced));
  const order = live.filter((id) => !placed.has(id));
  disk.forEach((id, index) => {
    const above = disk[index - 1];
    // The one above stands already: it is of `live`, or was placed before.
    if (placed.has(id)) order.splice(above === undefined ? 0 : order.indexOf(above) + 1, 0, id);
  });
  return order;
}

/** As few of those in both as explain the other order. */
function moved(from: readonly CellId[], to: readonly CellId[]): ReadonlySet<CellId> {
  const places = new Map(from.map((id, index) => [id, index]));
  const common = to.filter((id) => places.has(id));
  const stable = new Set(stableItems(common, (id) => places.get(id) ?? 0));
  return new Set(common.filter((id) => !stable.has(id)));
}
