/**
 * What people set on a cell that went meanwhile, as they did not know yet: its metadata, and the attachments of its text.
 * That is set on the cell which has its id now, or on the one that comes back with it. The last to come counts, as it
 * would have without the move.
 *
 * An update says of a value only which one it takes the place of, or in which map it is the first of its key: so the ids of
 * both are kept of each cell that went.
 */
import type { CellId } from '@cokernel/proto/hub';
import { cellType, findCell, setCellMetadata, toJson, type JsonValue, type YCell } from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import type { IdRanges } from './id-ranges.js';
import { lastOf } from './gone-cell.js';
import type { Id } from './moved-text.js';

/** Where a value stands in a cell. */
interface Place {
  readonly of: 'cell' | 'metadata';
  readonly key: string;
}

/** A value that stands there, or stood there and was removed or replaced. */
interface KnownValue extends Place {
  readonly id: Id;
  readonly isGone: boolean;
}

/** Without `value`: removed. */
interface Setting extends Place {
  readonly value?: JsonValue | undefined;
}

export interface GoneValues {
  readonly cellId: CellId;
  readonly cellItem: Id;
  readonly metadataItem: Id | null;
  /** Milliseconds; after this time nobody is waited for. */
  readonly until: number;
  /** Of each key in the order in which they came. */
  readonly known: readonly KnownValue[];
  /** What was set while no cell had the id. */
  readonly waiting: readonly Setting[];
}

/** The others are the hub's, or a text. */
const KEYS_OF_CELL = ['attachments'];

export class LateValues {
  constructor(
    private readonly doc: Y.Doc,
    private gone: GoneValues[],
  ) {}

  get all(): readonly GoneValues[] {
    return this.gone;
  }

  /** A cell goes in the transaction that goes on; `isThere`: what stood in it until now. */
  cellGoes(id: CellId, cell: YCell, until: number, isThere: (item: Y.Item) => boolean): void {
    if (cell._item === null) return;
    const metadata = cell._map.get('metadata');
    const map = lastOf(metadata);
    const inMap = map instanceof Y.Map ? [...map._map] : [];
    const inCell = [...cell._map].filter(([key]) => KEYS_OF_CELL.includes(key));
    const known = (of: Place['of'], [key, item]: [string, Y.Item]): KnownValue => ({
      of,
      key,
      id: item.lastId,
      isGone: !isThere(item),
    });
    this.gone.push({
      cellId: id,
      cellItem: cell._item.id,
      metadataItem: metadata?.id ?? null,
      until,
      known: [...inCell.map((entry) => known('cell', entry)), ...inMap.map((entry) => known('metadata', entry))],
      waiting: [],
    });
  }

  /** True when there is more to know. */
  take(
    { structs }: Pick<ReturnType<typeof Y.decodeUpdate>, 'structs'>,
    deleted: IdRanges,
    isNew: (id: Id) => boolean,
  ): boolean {
    const before = this.gone;
    for (const item of structs) if (item instanceof Y.Item && isNew(item.id)) this.takeItem(item);
    this.gone = this.gone.map((values) => this.takeDeletes(values, deleted));
    return this.gone.some((values, index) => values !== before[index]);
  }

  /** Sets what waits for cells that are there again. True when something did. */
  cellsCame(): boolean {
    const before = this.gone;
    this.gone = this.gone.map((values) => {
      const live = values.waiting.length === 0 ? null : findCell(this.doc, values.cellId);
      if (live === null) return values;
      for (const setting of values.waiting) set(live, setting);
      return { ...values, waiting: [] };
    });
    return this.gone.some((values, index) => values !== before[index]);
  }

  forgetBefore(now: number): void {
    if (this.gone.some(({ until }) => until <= now)) this.gone = this.gone.filter(({ until }) => until > now);
  }

  private takeItem(item: Y.Item): void {
    for (const [index, values] of this.gone.entries()) {
      const place = placeOf(item, values);
      if (place === null) continue;
      const known: KnownValue = { ...place, id: item.id, isGone: false };
      const value = valueOf(item);
      const next = { ...values, known: [...values.known, known] };
      this.gone = this.gone.with(index, value === undefined ? next : this.settle(next, { ...place, value }));
      return;
    }
  }

  /** Who knows that the cell went has all of it among what is deleted: what they had removed before can't be told. */
  private takeDeletes(values: GoneValues, deleted: IdRanges): GoneValues {
    if (deleted.has(values.cellItem)) return values;
    const newest = new Map(values.known.map((known) => [`${known.of} ${known.key}`, known]));
    const removed = [...newest.values()].filter(({ id, isGone }) => !isGone && deleted.has(id));
    if (removed.length === 0) return values;
    const known = values.known.map((one) => (removed.includes(one) ? { ...one, isGone: true } : one));
    return removed.reduce<GoneValues>((now, { of, key }) => this.settle(now, { of, key }), { ...values, known });
  }

  private settle(values: GoneValues, setting: Setting): GoneValues {
    const live = findCell(this.doc, values.cellId);
    if (live === null) return { ...values, waiting: [...values.waiting, setting] };
    set(live, setting);
    return values;
  }
}

/** Yjs names the map itself only where the key has had no value. */
function placeOf({ id, origin, parent, parentSub }: Y.Item, values: GoneValues): Place | null {
  if (values.known.some((known) => isSame(known.id, id))) return null;
  if (origin !== null) {
    const former = values.known.find((known) => isSame(known.id, origin));
    return former === undefined ? null : { of: former.of, key: former.key };
  }
  if (!(parent instanceof Y.ID) || parentSub === null) return null;
  if (values.metadataItem !== null && isSame(parent, values.metadataItem)) return { of: 'metadata', key: parentSub };
  return isSame(parent, values.cellItem) && KEYS_OF_CELL.includes(parentSub) ? { of: 'cell', key: parentSub } : null;
}

/** Undefined: no plain value, as Jupyter's programs set it. */
function valueOf({ content }: Y.Item): JsonValue | undefined {
  return content instanceof Y.ContentAny ? toJson(content.getContent().at(-1)) : undefined;
}

function set(live: YCell, { of, key, value }: Setting): void {
  if (of === 'metadata') setCellMetadata(live, key, value);
  else if (cellType(live) === 'code') return;
  else if (value === undefined) live.delete(key);
  else live.set(key, value);
}

function isSame(a: Id, b: Id): boolean {
  return a.client === b.client && a.clock === b.clock;
}
