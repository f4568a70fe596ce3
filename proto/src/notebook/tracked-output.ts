/**
 * Pure: a handle to one output of a document that lives through what clients do to the cell meanwhile: other cells
 * come and go, the output is deleted, or the whole cell is moved (Yjs has no move: it is a new cell with the same id).
 */
import type * as Y from 'yjs';
import type { CellId } from '../hub/ids.js';
import { findCell, isLive, outputsOf, readOutput, type YCell, type YOutput } from './y-notebook.js';

/** A cell by id; the handle is renewed when the cell was moved. */
export class TrackedCell {
  #cell: YCell | null = null;

  constructor(
    private readonly doc: Y.Doc,
    readonly id: CellId,
  ) {}

  /** Null when there is no such cell (any more). */
  locate(): YCell | null {
    if (this.#cell === null || !isLive(this.#cell)) {
      this.#cell = findCell(this.doc, this.id);
    }
    return this.#cell;
  }
}

export class TrackedOutput {
  readonly #kind: string;

  constructor(
    private readonly owner: TrackedCell,
    private cell: YCell,
    private output: YOutput,
    /** Its place when it was written, by which a moved cell's copy of it is found. */
    private readonly place: number,
  ) {
    this.#kind = kindOf(output);
  }

  /** Null when the output was deleted, alone or with its cell. */
  locate(): YOutput | null {
    if (isLive(this.output)) {
      return this.output;
    }
    const cell = this.owner.locate();
    return cell === null || cell === this.cell ? null : this.#followTo(cell);
  }

  #followTo(cell: YCell): YOutput | null {
    const copy = outputsOf(cell)?.toArray()[this.place];
    if (copy === undefined || kindOf(copy) !== this.#kind) {
      return null;
    }
    this.cell = cell;
    this.output = copy;
    return copy;
  }
}

function kindOf(output: YOutput): string {
  const { output_type: type, ...rest } = readOutput(output);
  return 'name' in rest ? `${type}/${rest.name}` : type;
}
