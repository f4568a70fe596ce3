/**
 * MovedCells: Yjs 13 has no move. Who moves a cell deletes it and inserts a copy with the same id, and what somebody else
 * types into the old one meanwhile is lost; two who move it at once make two cells of it. The same holds for a change of
 * type, for cut and paste, and for an undone deletion. So the hub, which sees every update first, remembers for some
 * minutes the text of each cell that went (`MovedText`), and guarantees, in the transaction of the update itself:
 * - what is typed into the old text, or deleted there, is done in the text that took its place (grafted);
 * - what is set on the old cell is set on the new one (`LateValues`);
 * - what the mover had not seen yet (text, outputs, metadata) is in the new cell too;
 * - an id stands once: of two copies of one cell the first stays, and has what was typed into either; another cell that
 *   comes with an id that is taken gets a new one.
 */
import type { CellId } from '@cokernel/proto/hub';
import { allCells, cellId, cellsArray, findCell, newCellId, sourceText, type YCell } from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import { bindText, mergeCopy, putIn, rebindText } from './bind-text.js';
import { carryUnseen } from './carry-unseen.js';
import { addedCells, goneCells, runsOf, sourceOf } from './gone-cell.js';
import { IdRanges } from './id-ranges.js';
import { LateValues } from './late-values.js';
import { deleteIds, idsOf, insertAt, offsetBehind } from './live-text.js';
import type { Character, Id } from './moved-text.js';
import { readMoved, writeMoved } from './moved-record.js';
import { MovedText } from './moved-text.js';

export interface MovedCellsOptions {
  readonly doc: Y.Doc;
  /** How long the texts of cells that went are remembered (600,000): longer than a laptop's short sleep. */
  readonly keptMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** As `remember` said it to the document's former owner. */
  readonly remembered: string | null;
}

type Update = ReturnType<typeof Y.decodeUpdate>;

/** Updates that wait for others: who sends more of them is no client of ours. */
const MAX_WAITING = 100;

export class MovedCells {
  private texts: MovedText[];
  private readonly values: LateValues;
  private changed = false;
  /** Updates of which Yjs has not applied all yet, since others are missing. */
  private waiting: Update[] = [];

  constructor(private readonly options: MovedCellsOptions) {
    const { texts, values } = readMoved(options.remembered);
    this.texts = texts;
    this.values = new LateValues(options.doc, values);
    // Yjs makes this type anew when it is first asked for: it must be the one that transactions name.
    cellsArray(options.doc);
  }

  /** Whether there is more to know than what `remember` last said. */
  get isNew(): boolean {
    return this.changed;
  }

  /** What the next owner of the document should know. */
  remember(): string {
    this.changed = false;
    return writeMoved({ texts: this.texts, values: this.values.all });
  }

  /**
   * To be called in each transaction when its changes are made: those of `update`, or the hub's own (null). True when it
   * has changed the document further.
   */
  follow(transaction: Y.Transaction, update: Uint8Array | null): boolean {
    const { doc, now } = this.options;
    this.texts = this.texts.filter(({ options }) => options.until > now());
    this.values.forgetBefore(now());
    const isStructural = transaction.changed.has(cellsArray(doc));
    if (this.texts.length === 0 && !isStructural) return false;
    forgetPlaces(transaction);
    const before = changesOf(transaction);
    const decoded = update === null ? null : Y.decodeUpdate(update);
    if (decoded !== null) this.graft(decoded, transaction.beforeState);
    if (isStructural) this.followCells(transaction, decoded === null ? null : IdRanges.of(decoded.ds));
    return changesOf(transaction) > before;
  }

  // Late edits

  private graft(update: Update, former: ReadonlyMap<number, number>): void {
    this.waiting.push(update);
    const isNew = ({ client, clock }: Id): boolean => clock >= (former.get(client) ?? 0);
    for (const { structs, ds } of this.waiting) {
      const deleted = IdRanges.of(ds);
      for (const struct of structs) if (struct instanceof Y.Item) this.graftInsert(struct);
      this.graftDeletes(deleted);
      this.changed = this.values.take({ structs }, deleted, isNew) || this.changed;
    }
    this.waiting = this.options.doc.store.pendingStructs === null ? [] : this.waiting.slice(-MAX_WAITING);
  }

  private graftInsert(item: Y.Item): void {
    const text = this.texts.find((each) => isTypedInto(item, each));
    if (text === undefined || text.has(item.id)) return;
    this.changed = true;
    const typed = item.content instanceof Y.ContentString ? item.content.str : null;
    const live = this.textOf(text.options.cellId);
    const to = typed === null || live === null ? null : insertAt(live, placeIn(live, text, item.origin), typed);
    const waits = typed !== null && live === null;
    text.insertAfter(item.origin, { id: item.id, length: item.length, text: typed, to, waits });
  }

  /** Who knows that the cell went has all of its text among what is deleted: what they had deleted before can't be told. */
  private graftDeletes(deleted: IdRanges): void {
    for (const text of this.texts) {
      if (deleted.has(text.options.cellItem)) continue;
      const places = text.takeOut(deleted);
      if (places.length === 0) continue;
      this.changed = true;
      const live = this.textOf(text.options.cellId);
      if (live !== null) deleteIds(live, places);
    }
  }

  // Cells that go and come

  private followCells(transaction: Y.Transaction, seen: IdRanges | null): void {
    const now = IdRanges.of(transaction.deleteSet);
    const gone = goneCells(transaction, now);
    for (const { id, cell } of gone) this.values.cellGoes(id, cell, this.until, (item) => now.has(item.id));
    const goneNow = gone.flatMap((cell) => {
      const source = sourceOf(cell);
      const options = this.optionsOf(cell.id, cell.item.id, source?._item?.id ?? null);
      return source === null ? [] : [new MovedText(options, runsOf(source, now))];
    });
    this.texts.push(...goneNow);
    this.changed ||= goneNow.length > 0;
    this.makeUnique(addedCells(transaction), seen);
    const cells = cellsById(this.options.doc);
    const isGoneNow = new Set(goneNow);
    for (const text of this.texts.filter(({ isBound }) => !isBound)) {
      const next = cells.get(text.options.cellId);
      const known = isGoneNow.has(text) && seen?.has(text.options.cellItem) === true ? seen : null;
      if (next !== undefined) this.bind(text, sourceText(next), known);
    }
    for (const cell of gone) {
      const next = cells.get(cell.id);
      if (next !== undefined && seen?.has(cell.item.id) === true) carryUnseen(cell, next, seen, now);
    }
    this.changed = this.values.cellsCame() || this.changed;
  }

  private bind(text: MovedText, live: Y.Text | null, seen: IdRanges | null): void {
    if (live === null) return;
    this.changed = true;
    bindText(text, live, seen);
    for (const older of this.texts) {
      if (older === text || !older.isBound || older.options.cellId !== text.options.cellId) continue;
      rebindText(older, text);
      putIn(older, live);
    }
  }

  /** Those that stood there keep their ids. */
  private makeUnique(added: readonly YCell[], seen: IdRanges | null): void {
    const isNew = new Set(added);
    const cells = allCells(this.options.doc);
    const inOrder = [...cells.filter((cell) => !isNew.has(cell)), ...cells.filter((cell) => isNew.has(cell))];
    const kept = new Map<CellId, YCell>();
    for (const cell of inOrder) {
      const id = cellId(cell);
      const first = id === null ? undefined : kept.get(id);
      if (id !== null && first === undefined) kept.set(id, cell);
      if (id !== null && first !== undefined && !this.mergeInto(first, cell, id, seen)) cell.set('id', newCellId());
    }
  }

  /** False when the two only share their id. */
  private mergeInto(kept: YCell, copy: YCell, id: CellId, seen: IdRanges | null): boolean {
    const [keptText, copyText] = [sourceText(kept), sourceText(copy)];
    const olds = this.texts.filter(({ options }) => options.cellId === id);
    const base = olds.findLast((old) => old.isBound && seen?.has(old.options.cellItem) === true);
    if (keptText === null || copyText === null || olds.length === 0) return false;
    if (base === undefined && keptText.toJSON() !== copyText.toJSON()) return false;
    const characters = base?.characters ?? asTheyStand(keptText);
    const options = this.optionsOf(id, copy._item?.id ?? null, copyText._item?.id ?? null);
    this.changed = true;
    this.texts.push(mergeCopy(copyText, keptText, characters, base === undefined ? null : seen, options));
    const cells = cellsArray(this.options.doc);
    this.values.cellGoes(id, copy, this.until, (item) => !item.deleted);
    cells.delete(cells.toArray().indexOf(copy), 1);
    return true;
  }

  // Small parts

  private textOf(id: CellId): Y.Text | null {
    const cell = findCell(this.options.doc, id);
    return cell === null ? null : sourceText(cell);
  }

  private optionsOf(id: CellId, cellItem: Id | null, textItem: Id | null): MovedText['options'] {
    if (cellItem === null) throw new Error('a cell of a document has an item');
    return { cellId: id, cellItem, textItem, until: this.until };
  }

  private get until(): number {
    return this.options.now() + this.options.keptMs;
  }
}

/** Of an id that stands twice the first. */
function cellsById(doc: Y.Doc): ReadonlyMap<CellId | null, YCell> {
  return new Map(
    allCells(doc)
      .toReversed()
      .map((cell) => [cellId(cell), cell]),
  );
}

function asTheyStand(text: Y.Text): readonly Character[] {
  const string = text.toJSON();
  return idsOf(text).map((id, offset) => ({ id, text: string[offset] ?? null, to: id, waits: false }));
}

/** Yjs names the text itself only where there is no character beside. */
function isTypedInto({ origin, rightOrigin, parent }: Y.Item, text: MovedText): boolean {
  if (origin !== null) return text.has(origin);
  if (rightOrigin !== null) return text.has(rightOrigin);
  const { textItem } = text.options;
  return parent instanceof Y.ID && textItem?.client === parent.client && textItem.clock === parent.clock;
}

/** Where in the live text that belongs which was typed behind a character of an old one; null: at its top. */
function placeIn(live: Y.Text, old: MovedText, origin: Id | null): number {
  if (origin === null) return 0;
  for (const place of old.placesUpTo(origin)) {
    const offset = offsetBehind(live, place);
    if (offset !== null) return offset;
  }
  return 0;
}

/** Yjs remembers places in a type for speed, and after a remote change forgets them only when the transaction ends. */
function forgetPlaces(transaction: Y.Transaction): void {
  for (const type of transaction.changed.keys()) type._searchMarker?.splice(0);
}

/** How much a transaction has done so far. */
function changesOf({ doc, deleteSet }: Y.Transaction): number {
  const deletes = [...deleteSet.clients.values()].reduce((sum, ranges) => sum + ranges.length, 0);
  return Y.getState(doc.store, doc.clientID) + deletes;
}
