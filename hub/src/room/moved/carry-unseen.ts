/**
 * Pure: what stood in a cell that somebody moved, and that they had not seen yet, is put into the copy that they made: what a
 * run wrote meanwhile (outputs, count, state, its metadata) and what others set. Text is `bindText`'s.
 */
import { cellType, outputsOf, setCellMetadata, toJson, type YCell } from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import type { GoneCell } from './gone-cell.js';
import { lastOf, reviveAll } from './gone-cell.js';
import type { IdRanges } from './id-ranges.js';
import { itemsOf } from './live-text.js';

const OF_CODE = new Set(['execution_count', 'execution_state', 'transient']);

export function carryUnseen(gone: GoneCell, to: YCell, seen: IdRanges, now: IdRanges): void {
  const stood = (item: Y.Item): boolean => now.has(item.id);
  const isUnseen = (item: Y.Item): boolean => stood(item) && !seen.hasAll(item.id, item.length);
  const isCode = cellType(to) === 'code';
  for (const [key, item] of gone.cell._map) {
    if (isUnseen(item) && (isCode ? OF_CODE.has(key) : key === 'attachments')) to.set(key, toJson(lastOf(item)));
  }
  carryMetadata(lastOf(gone.cell._map.get('metadata')), to, isUnseen);
  const outputs = lastOf(gone.cell._map.get('outputs'));
  const differs = (item: Y.Item): boolean => isUnseen(item) || (!stood(item) && seen.has(item.id));
  if (outputs instanceof Y.Array && someItem(outputs, differs)) {
    replaceOutputs(to, reviveAll(outputs, stood));
  }
}

function carryMetadata(metadata: unknown, to: YCell, isUnseen: (item: Y.Item) => boolean): void {
  if (!(metadata instanceof Y.Map)) return;
  for (const [key, item] of metadata._map) if (isUnseen(item)) setCellMetadata(to, key, toJson(lastOf(item)));
}

/** What the hub has of a run's outputs is newer than any copy. Stock clients hold on to the array, so it stays. */
function replaceOutputs(to: YCell, revived: readonly unknown[]): void {
  const outputs = outputsOf(to);
  outputs?.delete(0, outputs.length);
  outputs?.insert(
    0,
    revived.filter((output) => output instanceof Y.Map),
  );
}

function someItem(type: Pick<Y.Text, '_start' | '_map'>, is: (item: Y.Item) => boolean): boolean {
  return [...itemsOf(type), ...type._map.values()].some((item) => {
    const nested = item.content instanceof Y.ContentType ? item.content.type : null;
    return is(item) || (nested !== null && someItem(nested, is));
  });
}
