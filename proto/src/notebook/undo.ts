/**
 * Undo for one person (X17): it covers what they did to sources and cells themselves, by the origins that they edit under,
 * and neither takes back nor brings back outputs. A cell that they inserted stays when somebody else has typed into it, or
 * a run has written there: then only their own part of its text goes.
 */
import * as Y from 'yjs';
import { cellsArray } from './y-notebook.js';

/** What belongs to a run, and comes and goes with its cell alone. */
const OF_RUNS = new Set(['outputs', 'execution_count', 'execution_state']);
/** What a cell is not a cell without. */
const OF_EVERY_CELL = new Set(['id', 'cell_type', 'source', 'metadata', ...OF_RUNS]);

/** For a document of one's own; `destroy` it with the document. */
export function ownUndo(doc: Y.Doc, origins: Iterable<unknown>): Y.UndoManager {
  const manager = new Y.UndoManager([cellsArray(doc)], { trackedOrigins: new Set(origins) });
  keepOthersWork(manager);
  return manager;
}

/** Makes any undo manager of a notebook, also that of `@jupyter/ydoc`, keep these rules. */
export function keepOthersWork(manager: Y.UndoManager): void {
  manager.deleteFilter = (item) => isOwn(item, manager.doc);
  const withoutOutputs = ({ stackItem }: { stackItem: { deletions: DeleteSet } }): void => {
    stackItem.deletions = deletionsOfCells(stackItem.deletions, manager.doc);
  };
  manager.on('stack-item-added', withoutOutputs);
  manager.on('stack-item-updated', withoutOutputs);
}

type DeleteSet = Y.Transaction['deleteSet'];

/** May this be deleted, when what made it is taken back? */
function isOwn(item: Y.Item, doc: Y.Doc): boolean {
  const cell = cellAround(item, doc);
  if (cell === null) return true;
  const goesWithCell = cell.item === item || isOfRuns(cell.path) || (cell.path.length === 1 && isOfCell(cell.path));
  return !goesWithCell || !hasOthersWork(cell.item, doc.clientID);
}

/** Without those in a cell that stands: they were outputs that somebody cleared. */
function deletionsOfCells(deletions: DeleteSet, doc: Y.Doc): DeleteSet {
  const kept = Y.createDeleteSet();
  for (const [client, ranges] of deletions.clients) {
    const left = ranges.flatMap((range) =>
      itemsIn(doc, client, range.clock, range.clock + range.len)
        .filter(({ item }) => !isClearedOutput(item, doc))
        .map(({ clock, len }) => withValues(range, { clock, len })),
    );
    if (left.length > 0) kept.clients.set(client, left);
  }
  return kept;
}

function isClearedOutput(item: Y.Item | null, doc: Y.Doc): boolean {
  const cell = item === null ? null : cellAround(item, doc);
  if (item === null || cell === null || cell.item.deleted || !isOfRuns(cell.path)) return false;
  // Nobody brings it back: Yjs may forget it.
  item.keep = false;
  return true;
}

/** Another of its class, which Yjs does not export. */
function withValues<T extends object>(of: T, values: Partial<T>): T {
  return Object.assign(Object.create(Object.getPrototypeOf(of) as object) as T, of, values);
}

interface Piece {
  readonly clock: number;
  readonly len: number;
  /** Null for what Yjs has forgotten. */
  readonly item: Y.Item | null;
}

function itemsIn(doc: Y.Doc, client: number, from: number, to: number): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let clock = from; clock < to;) {
    const struct: unknown = Y.getItem(doc.store, Y.createID(client, clock));
    if (!(struct instanceof Y.AbstractStruct)) break;
    const end = Math.min(to, struct.id.clock + struct.length);
    pieces.push({ clock, len: end - clock, item: struct instanceof Y.Item ? struct : null });
    clock = end;
  }
  return pieces;
}

/** The cell that holds an item (or is it), and the keys on the way down from it; null when there is none. */
function cellAround(item: Y.Item, doc: Y.Doc): { readonly item: Y.Item; readonly path: readonly string[] } | null {
  const path: string[] = [];
  for (let at: Y.Item | null = item; at !== null;) {
    const parent: unknown = at.parent;
    if (parent === cellsArray(doc)) return { item: at, path };
    if (!(parent instanceof Y.AbstractType)) return null;
    path.unshift(at.parentSub ?? '');
    at = parent._item;
  }
  return null;
}

function isOfRuns([key]: readonly string[]): boolean {
  return key !== undefined && OF_RUNS.has(key);
}

function isOfCell([key]: readonly string[]): boolean {
  return key !== undefined && OF_EVERY_CELL.has(key);
}

function hasOthersWork(cell: Y.Item, own: number): boolean {
  const map: unknown = cell.content.getContent()[0];
  if (!(map instanceof Y.Map)) return false;
  return [map.get('source'), map.get('outputs')].some((type) => type instanceof Y.AbstractType && hasOthers(type, own));
}

function hasOthers(type: Pick<Y.Text, '_start' | '_map'>, own: number): boolean {
  const items = [...type._map.values()];
  for (let item = type._start; item !== null; item = item.right) items.push(item);
  return items.some((item) => {
    const nested: unknown = item.content.getContent()[0];
    return !item.deleted && (item.id.client !== own || (nested instanceof Y.AbstractType && hasOthers(nested, own)));
  });
}
