/** Pure: which characters and other items of a Yjs document, by id, somebody deleted; asked again and again. */
import type * as Y from 'yjs';

interface Range {
  readonly from: number;
  readonly to: number;
}

export class IdRanges {
  private constructor(private readonly byClient: ReadonlyMap<number, readonly Range[]>) {}

  /** That of a decoded update, or of a transaction that still goes on: in any order. */
  static of(deleteSet: Y.Transaction['deleteSet']): IdRanges {
    const byClient = new Map<number, readonly Range[]>();
    for (const [client, deletes] of deleteSet.clients) {
      const ranges = deletes.map(({ clock, len }) => ({ from: clock, to: clock + len }));
      byClient.set(
        client,
        ranges.sort((a, b) => a.from - b.from),
      );
    }
    return new IdRanges(byClient);
  }

  has({ client, clock }: Pick<Y.ID, 'client' | 'clock'>): boolean {
    const ranges = this.byClient.get(client) ?? [];
    return clock < (ranges[beginningUpTo(ranges, clock) - 1]?.to ?? 0);
  }

  /** All of so many ids from this one on; of ranges side by side it does not know that they are one. */
  hasAll({ client, clock }: Pick<Y.ID, 'client' | 'clock'>, length: number): boolean {
    const ranges = this.byClient.get(client) ?? [];
    return clock + length <= (ranges[beginningUpTo(ranges, clock) - 1]?.to ?? 0);
  }

  /** Any of so many ids from this one on. */
  hasAny({ client, clock }: Pick<Y.ID, 'client' | 'clock'>, length: number): boolean {
    const ranges = this.byClient.get(client) ?? [];
    return clock < (ranges[beginningUpTo(ranges, clock + length - 1) - 1]?.to ?? 0);
  }
}

/** How many of the ranges, which are in order, begin at this clock or before. */
function beginningUpTo(ranges: readonly Range[], clock: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.from ?? 0) <= clock) low = middle + 1;
    else high = middle;
  }
  return low;
}
