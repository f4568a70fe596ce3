/**
 * Pure: a cell that the transaction which still goes on has deleted, as it stood before. To be read before the transaction
 * ends: then Yjs forgets what it held.
 */
import { CellId } from '@cokernel/proto/hub';
import { cellsArray, type YCell } from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import type { IdRanges } from './id-ranges.js';
import { itemsOf } from './live-text.js';
import type { Run } from './moved-text.js';

export interface GoneCell {
  readonly id: CellId;
  readonly item: Y.Item;
  readonly cell: YCell;
}

/** The cells that this transaction has deleted so far; `now`: all that it has deleted. */
export function goneCells(transaction: Y.Transaction, now: IdRanges): readonly GoneCell[] {
  return itemsOf(cellsArray(transaction.doc)).flatMap((item) => {
    if (!now.has(item.id) || !(item.content instanceof Y.ContentType)) return [];
    const cell: unknown = item.content.type;
    if (!(cell instanceof Y.Map)) return [];
    const id = CellId.safeParse(lastOf(cell._map.get('id')));
    return id.success ? [{ id: id.data, item, cell }] : [];
  });
}

/** The cells that this transaction has added so far, and that are still there. */
export function addedCells(transaction: Y.Transaction): readonly YCell[] {
  return cellsArray(transaction.doc)
    .toArray()
    .filter((cell) => {
      const id = cell instanceof Y.Map ? cell._item?.id : undefined;
      return id !== undefined && id.clock >= (transaction.beforeState.get(id.client) ?? 0);
    });
}

export function sourceOf({ cell }: GoneCell): Y.Text | null {
  const source: unknown = lastOf(cell._map.get('source'));
  return source instanceof Y.Text ? source : null;
}

/** A text that is gone, with what had been deleted from it before. */
export function runsOf(source: Y.Text, now: IdRanges): readonly Run[] {
  return itemsOf(source).map(({ id, length, content }) => {
    const text = now.has(id) && content instanceof Y.ContentString ? content.str : null;
    return { id, length, text, to: null, waits: false };
  });
}

/** The newest value under a key, whether deleted or not. */
export function lastOf(item: Y.Item | undefined): unknown {
  return item?.content.getContent().at(-1);
}

/** Fresh copies of what stood in an array that is gone. */
export function reviveAll(array: Y.Array<unknown>, stood: (item: Y.Item) => boolean): readonly unknown[] {
  const items = itemsOf(array).filter(stood);
  return items.flatMap((item) => item.content.getContent().map((value: unknown) => revive(value, stood)));
}

function revive(value: unknown, stood: (item: Y.Item) => boolean): unknown {
  if (value instanceof Y.Text) {
    const texts = itemsOf(value).map((item) =>
      stood(item) && item.content instanceof Y.ContentString ? item.content.str : '',
    );
    return new Y.Text(texts.join(''));
  }
  if (value instanceof Y.Array) {
    const copy = new Y.Array<unknown>();
    copy.insert(0, [...reviveAll(value, stood)]);
    return copy;
  }
  if (value instanceof Y.Map) {
    const entries = [...value._map].filter(([, item]) => stood(item));
    return new Y.Map(entries.map(([key, item]): [string, unknown] => [key, revive(lastOf(item), stood)]));
  }
  return value;
}
