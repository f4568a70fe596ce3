/**
 * Pure but for new cell ids: merges what a program wrote to a file (`disk`) with what people have (`live`), both come from
 * `base`. What one side changed is taken; of the same lines changed by both, both versions are kept: the cell keeps what
 * people have, and the file's text goes into a new cell right below that says of which cell it is. Where the file's former
 * text stands there already, as nobody has touched it, the new one takes its place. A cell that one side deleted and the
 * other changed stays. A cell's outputs are one thing, and the file's are taken only when people's are still the base's.
 */
import type { CellId } from '../../hub/ids.js';
import { jsonEquals, omit, type JsonObject, type JsonValue } from '../json.js';
import { makeCell } from '../make-cell.js';
import type { Cell, CodeCell, Notebook } from '../nbformat.js';
import { conflictMetadata, conflictOf } from './conflict-cells.js';
import { withKnownIds } from './match-cells.js';
import { baseCell, type BaseCell, type MergeBase } from './merge-base.js';
import { mergeMetadata } from './merge-metadata.js';
import { mergeTexts } from './merge-texts.js';
import { mergedOrder } from './merged-order.js';

export interface MergeConflict {
  /** The cell of `live`, or the one that came back. */
  readonly cellId: CellId;
  /**
   * `source`: both versions are kept, the file's in `keptAs`. `outputs`, `metadata`: what people have stays.
   * `deletedOnDisk`, `deletedHere`: the other side changed the cell, so it stays.
   */
  readonly what: 'source' | 'outputs' | 'metadata' | 'deletedOnDisk' | 'deletedHere';
  readonly keptAs?: CellId;
}

export interface MergeResult {
  readonly merged: Notebook;
  readonly conflicts: readonly MergeConflict[];
  /** The file's notebook, its cells with the ids that they have here: from it the next merge comes. */
  readonly disk: Notebook;
}

/** In metadata, what a run wrote: it goes with the outputs, and nobody edits it. */
const OF_A_RUN = ['execution', 'cokernel'];

export function mergeNotebooks(base: MergeBase, live: Notebook, file: Notebook): MergeResult {
  const disk = withKnownIds(file, base);
  const merge = new Merge(base, live, disk);
  const order = mergedOrder(idsOf(base), idsOf(live), idsOf(disk));
  const cells = order.flatMap((id) => merge.cell(id)).map((cell) => merge.renewed.get(cell.id) ?? cell);
  const metadata = mergeMetadata(base.metadata, live.metadata, disk.metadata).merged;
  const minor = live.nbformat_minor === base.nbformat_minor ? disk.nbformat_minor : live.nbformat_minor;
  return { merged: { nbformat: 4, nbformat_minor: minor, metadata, cells }, conflicts: merge.conflicts, disk };
}

/** A cell with what is to be compared of it. */
interface Side extends BaseCell {
  readonly whole: Cell;
}

class Merge {
  readonly conflicts: MergeConflict[] = [];
  /** Cells with a former text of the file, with its new one. */
  readonly renewed = new Map<CellId, Cell>();
  readonly #base: ReadonlyMap<CellId, BaseCell>;
  readonly #live: ReadonlyMap<CellId, Side>;
  readonly #disk: ReadonlyMap<CellId, Side>;

  constructor(base: MergeBase, live: Notebook, disk: Notebook) {
    this.#base = new Map(base.cells.map((cell) => [cell.id, cell]));
    [this.#live, this.#disk] = [sidesOf(live), sidesOf(disk)];
  }

  /** What becomes of a cell: none, itself, or itself and what is kept beside it. */
  cell(id: CellId): readonly Cell[] {
    const [base, live, disk] = [this.#base.get(id), this.#live.get(id), this.#disk.get(id)];
    if (live !== undefined && disk !== undefined) return this.#both(base ?? emptied(disk), live, disk);
    if (live !== undefined) return base === undefined ? [live.whole] : this.#deletedOnDisk(base, live);
    if (disk !== undefined) return base === undefined ? [disk.whole] : this.#deletedHere(base, disk);
    return [];
  }

  #deletedOnDisk(base: BaseCell, live: Side): readonly Cell[] {
    if (isSameWork(base, live) && base.resultHash === live.resultHash) return [];
    this.conflicts.push({ cellId: live.id, what: 'deletedOnDisk' });
    return [live.whole];
  }

  /** Outputs alone don't bring a cell back: a program that runs the whole file writes those of every cell. */
  #deletedHere(base: BaseCell, disk: Side): readonly Cell[] {
    if (isSameWork(base, disk)) return [];
    this.conflicts.push({ cellId: disk.id, what: 'deletedHere' });
    return [disk.whole];
  }

  #both(base: BaseCell, live: Side, disk: Side): readonly Cell[] {
    const source = mergeTexts(base.source, live.source, disk.source, live.cell_type);
    const type = live.cell_type === base.cell_type ? disk.cell_type : live.cell_type;
    const result = this.#takesResultOf(base, live, disk);
    const parts: MergedParts = {
      source: source ?? live.source,
      metadata: this.#metadata(base, live, disk, result),
      attachments: mergeMetadata(base.attachments, live.attachments, disk.attachments).merged,
      result: resultOf(result.whole),
    };
    const merged = cellOf(live.id, type, parts);
    return source === null ? [merged, ...this.#keepBeside(base, live, disk)] : [merged];
  }

  /** In a new cell, unless the cell of the conflict before still has what the file had then. */
  #keepBeside(base: BaseCell, live: Side, disk: Side): readonly Cell[] {
    const former = this.#formerConflict(base, live, disk);
    const beside = former?.whole ?? makeCell(disk.cell_type, disk.source, conflictMetadata(live.id));
    this.conflicts.push({ cellId: live.id, what: 'source', keptAs: beside.id });
    if (former === undefined) return [beside];
    this.renewed.set(beside.id, { ...beside, source: disk.source });
    return [];
  }

  #formerConflict(base: BaseCell, live: Side, disk: Side): Side | undefined {
    return [...this.#live.values()].find(
      ({ id, source, cell_type: type, metadata }) =>
        conflictOf(metadata) === live.id && source === base.source && type === disk.cell_type && !this.#disk.has(id),
    );
  }

  #takesResultOf(base: BaseCell, live: Side, disk: Side): Side {
    if (disk.resultHash === base.resultHash || disk.resultHash === live.resultHash) return live;
    if (live.resultHash === base.resultHash) return disk;
    this.conflicts.push({ cellId: live.id, what: 'outputs' });
    return live;
  }

  #metadata(base: BaseCell, live: Side, disk: Side, result: Side): JsonObject {
    const part = (choose: (metadata: JsonObject) => JsonObject) =>
      mergeMetadata(choose(base.metadata), choose(live.metadata), choose(disk.metadata));
    const { merged, isConflict } = part((metadata) => omit(metadata, OF_A_RUN));
    if (isConflict) this.conflicts.push({ cellId: live.id, what: 'metadata' });
    const ofRun = result === disk ? runPart(disk.metadata) : part(runPart).merged;
    return { ...merged, ...ofRun };
  }
}

interface MergedParts {
  readonly source: string;
  readonly metadata: JsonObject;
  readonly attachments: JsonObject;
  readonly result: Pick<CodeCell, 'outputs' | 'execution_count'>;
}

function cellOf(id: CellId, type: Cell['cell_type'], { source, metadata, attachments, result }: MergedParts): Cell {
  if (type === 'code') return { id, cell_type: type, source, metadata, ...result };
  const isBare = Object.keys(attachments).length === 0;
  return { id, cell_type: type, source, metadata, ...(isBare ? {} : { attachments }) };
}

function resultOf(cell: Cell): MergedParts['result'] {
  return cell.cell_type === 'code'
    ? { outputs: cell.outputs, execution_count: cell.execution_count }
    : { outputs: [], execution_count: null };
}

/** Both sides made a cell of this id: what they share is taken, what differs is a conflict. */
function emptied(cell: BaseCell): BaseCell {
  return { ...cell, source: '', metadata: {}, attachments: {} };
}

/** What a person wrote: text, type, attachments, metadata but for what a run wrote. */
function isSameWork(a: BaseCell, b: BaseCell): boolean {
  return jsonEquals(workOf(a), workOf(b));
}

function workOf({ cell_type: type, source, metadata, attachments }: BaseCell): JsonValue {
  return { type, source, metadata: omit(metadata, OF_A_RUN), attachments };
}

function runPart(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => OF_A_RUN.includes(key)));
}

function idsOf({ cells }: { readonly cells: readonly { readonly id: CellId }[] }): readonly CellId[] {
  return cells.map(({ id }) => id);
}

function sidesOf({ cells }: Notebook): ReadonlyMap<CellId, Side> {
  return new Map(cells.map((whole) => [whole.id, { ...baseCell(whole), whole }]));
}
