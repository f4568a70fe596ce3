/**
 * Pure but for new cell ids: merges what a program wrote to a file (`disk`) with what people have (`live`), both come from
 * `base`. What one side changed is taken; of the same lines changed by both, both versions are kept: the cell keeps what
 * people have, and the file's text goes into a new cell right below that says of which cell it is. A cell that one side
 * deleted and the other changed stays. A cell's outputs are one thing, and the file's are taken only when people's are still
 * the base's.
 */
import type { CellId } from '../../hub/ids.js';
import { jsonEquals, omit, toJson, type JsonObject, type JsonValue } from '../json.js';
import { makeCell } from '../make-cell.js';
import type { Cell, CodeCell, Notebook } from '../nbformat.js';
import { withKnownIds } from './match-cells.js';
import { mergedOrder } from './merged-order.js';
import { mergeMetadata } from './merge-metadata.js';
import { mergeTexts } from './merge-texts.js';

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
  /** The file's notebook with the ids that its cells have here: the base of the next merge. */
  readonly disk: Notebook;
}

/** In metadata, what a run wrote: it goes with the outputs, and nobody edits it. */
const OF_A_RUN = ['execution', 'cokernel'];

export function mergeNotebooks(base: Notebook, live: Notebook, file: Notebook): MergeResult {
  const disk = withKnownIds(file, base);
  const merge = new Merge(base, live, disk);
  const cells = mergedOrder(idsOf(base), idsOf(live), idsOf(disk)).flatMap((id) => merge.cell(id));
  const metadata = mergeMetadata(base.metadata, live.metadata, disk.metadata).merged;
  const minor = live.nbformat_minor === base.nbformat_minor ? disk.nbformat_minor : live.nbformat_minor;
  return { merged: { nbformat: 4, nbformat_minor: minor, metadata, cells }, conflicts: merge.conflicts, disk };
}

class Merge {
  readonly conflicts: MergeConflict[] = [];
  readonly #base: ReadonlyMap<CellId, Cell>;
  readonly #live: ReadonlyMap<CellId, Cell>;
  readonly #disk: ReadonlyMap<CellId, Cell>;

  constructor(base: Notebook, live: Notebook, disk: Notebook) {
    [this.#base, this.#live, this.#disk] = [byId(base), byId(live), byId(disk)];
  }

  /** What becomes of a cell: none, itself, or itself and what is kept beside it. */
  cell(id: CellId): readonly Cell[] {
    const [base, live, disk] = [this.#base.get(id), this.#live.get(id), this.#disk.get(id)];
    if (live !== undefined && disk !== undefined) return this.#both(base, live, disk);
    if (base === undefined) return [live ?? disk].filter((cell) => cell !== undefined);
    if (live !== undefined) return this.#deletedOnDisk(base, live);
    return disk === undefined ? [] : this.#deletedHere(base, disk);
  }

  #deletedOnDisk(base: Cell, live: Cell): readonly Cell[] {
    if (isSameWork(base, live) && isSameOutput(base, live)) return [];
    this.conflicts.push({ cellId: live.id, what: 'deletedOnDisk' });
    return [live];
  }

  /** Outputs alone don't bring a cell back: a program that runs the whole file writes those of every cell. */
  #deletedHere(base: Cell, disk: Cell): readonly Cell[] {
    if (isSameWork(base, disk)) return [];
    this.conflicts.push({ cellId: disk.id, what: 'deletedHere' });
    return [disk];
  }

  /** Without a base both made a cell of this id: what they share is taken, what differs is a conflict. */
  #both(base: Cell | undefined, live: Cell, disk: Cell): readonly Cell[] {
    const from = base ?? { ...disk, source: '', metadata: {} };
    const source = mergeTexts(from.source, live.source, disk.source, live.cell_type);
    const attachments = mergeMetadata(attachmentsOf(from), attachmentsOf(live), attachmentsOf(disk)).merged;
    const type = live.cell_type === from.cell_type ? disk.cell_type : live.cell_type;
    const outputs = this.#outputs(from, live, disk);
    const metadata = this.#metadata(from, live, disk, outputs);
    const merged = { ...withType(live, type, attachments), source: source ?? live.source, metadata };
    const whole = merged.cell_type === 'code' ? { ...merged, ...outputs.kept } : merged;
    return source === null ? [whole, this.#keepBeside(live, disk)] : [whole];
  }

  #keepBeside(live: Cell, disk: Cell): Cell {
    const beside = makeCell(disk.cell_type, disk.source, { cokernel: { conflict: { of: live.id } } });
    this.conflicts.push({ cellId: live.id, what: 'source', keptAs: beside.id });
    return beside;
  }

  #outputs(base: Cell, live: Cell, disk: Cell): TakenOutputs {
    const ofDisk = !isSameOutput(base, disk) && isSameOutput(base, live);
    const isLost = !isSameOutput(base, disk) && !ofDisk && !isSameOutput(live, disk);
    if (isLost) this.conflicts.push({ cellId: live.id, what: 'outputs' });
    return { ofDisk, kept: resultOf(ofDisk ? disk : live) };
  }

  #metadata(base: Cell, live: Cell, disk: Cell, { ofDisk }: TakenOutputs): JsonObject {
    const rest = [base, live, disk].map(({ metadata }) => omit(metadata, OF_A_RUN));
    const { merged, isConflict } = mergeMetadata(rest[0] ?? {}, rest[1] ?? {}, rest[2] ?? {});
    if (isConflict) this.conflicts.push({ cellId: live.id, what: 'metadata' });
    const ofRun = [base, live, disk].map(({ metadata }) => pick(metadata, OF_A_RUN));
    const run = ofDisk ? (ofRun[2] ?? {}) : mergeMetadata(ofRun[0] ?? {}, ofRun[1] ?? {}, ofRun[2] ?? {}).merged;
    return { ...merged, ...run };
  }
}

interface TakenOutputs {
  readonly ofDisk: boolean;
  readonly kept: Pick<CodeCell, 'outputs' | 'execution_count'>;
}

function pick(metadata: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => keys.includes(key)));
}

function resultOf(cell: Cell): Pick<CodeCell, 'outputs' | 'execution_count'> {
  return cell.cell_type === 'code'
    ? { outputs: cell.outputs, execution_count: cell.execution_count }
    : { outputs: [], execution_count: null };
}

function isSameOutput(a: Cell, b: Cell): boolean {
  return jsonEquals(toJson(resultOf(a)), toJson(resultOf(b)));
}

/** What a person wrote: text, type, attachments, metadata but for what a run wrote. */
function isSameWork(a: Cell, b: Cell): boolean {
  return jsonEquals(workOf(a), workOf(b));
}

function workOf(cell: Cell): JsonValue {
  const { cell_type: type, source, metadata } = cell;
  return { type, source, metadata: omit(metadata, OF_A_RUN), attachments: attachmentsOf(cell) };
}

function withType(cell: Cell, type: Cell['cell_type'], attachments: JsonObject): Cell {
  const made = { ...makeCell(type), id: cell.id };
  return made.cell_type === 'code' || Object.keys(attachments).length === 0 ? made : { ...made, attachments };
}

function attachmentsOf(cell: Cell): JsonObject {
  return (cell.cell_type === 'code' ? undefined : cell.attachments) ?? {};
}

function idsOf(notebook: Notebook): readonly CellId[] {
  return notebook.cells.map(({ id }) => id);
}

function byId(notebook: Notebook): ReadonlyMap<CellId, Cell> {
  return new Map(notebook.cells.map((cell) => [cell.id, cell]));
}
