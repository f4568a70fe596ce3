/** Pure: of a list that gets another order, as many items as possible that need not move. */

/** The longest part of `items` whose places grow (ties: any one). `placeOf` gives each its place in the other order. */
export function stableItems<T>(items: readonly T[], placeOf: (item: T) => number): readonly T[] {
  /** By length - 1: the index of the item that ends the chain of that length with the smallest place. */
  const ends: number[] = [];
  const before = new Array<number>(items.length).fill(-1);
  const places = items.map(placeOf);
  places.forEach((place, index) => {
    const length = firstNotBelow(ends, (end) => (places[end] ?? 0) >= place);
    before[index] = ends[length - 1] ?? -1;
    ends[length] = index;
  });
  const stable: T[] = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1)
    stable.push(...items.slice(index, index + 1));
  return stable.reverse();
}

/** By halving: the first index for which it holds, else the length. */
function firstNotBelow(ends: readonly number[], holds: (end: number) => boolean): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(ends[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}
