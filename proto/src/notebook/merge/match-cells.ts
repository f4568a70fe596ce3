/**
 * Pure: which cells of one notebook are those of another. A cell is known by its id. Files before nbformat 4.5 have none,
 * and some programs make all ids anew: cells of such a notebook are known by type and text, in their order first and
 * wherever they stand then; what is left between two known ones is the same cell when the texts have much in common.
 */
import { diffIndices } from 'node-diff3';
import type { CellId } from '../../hub/ids.js';
import type { Cell, Notebook } from '../nbformat.js';
import { isComparable, wordsOf } from './text-edits.js';

/** What a cell is known by. */
type KnownCell = Pick<Cell, 'id' | 'cell_type' | 'source'>;

/** Two versions of one cell have so much of their words in common. */
const ALIKE = 0.5;

/** The notebook with the reference's ids, when none of its own means anything there. */
export function withKnownIds(notebook: Notebook, reference: { readonly cells: readonly KnownCell[] }): Notebook {
  const ids = new Set(reference.cells.map(({ id }) => id));
  if (notebook.cells.some(({ id }) => ids.has(id))) return notebook;
  const matches = matchesBySource(reference.cells, notebook.cells);
  const cells = notebook.cells.map((cell, index) => {
    const id = matches.get(index);
    return id === undefined ? cell : { ...cell, id };
  });
  return { ...notebook, cells };
}

/** By the place in `cells`: the id of the known cell. */
function matchesBySource(known: readonly KnownCell[], cells: readonly KnownCell[]): ReadonlyMap<number, CellId> {
  const matching = new Matching(known, cells);
  const [former, now] = [known.map(keyOf), cells.map(keyOf)];
  if (isComparable(former, now)) matching.inOrder(former, now);
  matching.anywhere(former, now);
  matching.alike();
  return matching.found();
}

class Matching {
  /** Place in `cells` to place in `known`. */
  readonly #matches = new Map<number, number>();
  readonly #used = new Set<number>();

  constructor(
    private readonly known: readonly KnownCell[],
    private readonly cells: readonly KnownCell[],
  ) {}

  inOrder(former: string[], now: string[]): void {
    let [from, to] = [0, 0];
    for (const { buffer1, buffer2 } of [
      ...diffIndices(former, now),
      { buffer1: [former.length, 0], buffer2: [0, 0] },
    ]) {
      for (; from < (buffer1[0] ?? 0); from += 1, to += 1) this.#match(from, to);
      from += buffer1[1] ?? 0;
      to += buffer2[1] ?? 0;
    }
  }

  anywhere(former: readonly string[], now: readonly string[]): void {
    const free = new Map<string, number[]>();
    former.forEach((key, index) => {
      if (!this.#used.has(index)) free.set(key, [...(free.get(key) ?? []), index]);
    });
    now.forEach((key, index) => {
      const next = this.#matches.has(index) ? undefined : free.get(key)?.shift();
      if (next !== undefined) this.#match(next, index);
    });
  }

  /** Each with the next free one behind the match of the cell above. */
  alike(): void {
    let above = -1;
    this.cells.forEach((cell, index) => {
      const match = this.#matches.get(index) ?? this.#nextAlike(above + 1, cell);
      if (match === null) return;
      this.#match(match, index);
      above = match;
    });
  }

  found(): ReadonlyMap<number, CellId> {
    const ids = [...this.#matches].map(([index, known]) => [index, this.known[known]?.id] as const);
    return new Map(ids.filter((entry): entry is [number, CellId] => entry[1] !== undefined));
  }

  #match(known: number, index: number): void {
    this.#matches.set(index, known);
    this.#used.add(known);
  }

  #nextAlike(from: number, cell: KnownCell): number | null {
    for (let index = from; index < this.known.length && !this.#used.has(index); index += 1) {
      const candidate = this.known[index];
      if (candidate !== undefined && areAlike(candidate, cell)) return index;
    }
    return null;
  }
}

function keyOf(cell: KnownCell): string {
  return `${cell.cell_type} ${cell.source}`;
}

function areAlike(a: KnownCell, b: KnownCell): boolean {
  if (a.cell_type !== b.cell_type) return false;
  const [left, right] = [wordSet(a.source), wordSet(b.source)];
  const common = [...left].filter((word) => right.has(word)).length;
  return common >= ALIKE * Math.max(left.size, right.size);
}

function wordSet(text: string): ReadonlySet<string> {
  return new Set(wordsOf(text).filter((word) => word.trim() !== ''));
}
