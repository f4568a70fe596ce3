/** Pure but for randomness: makes cell ids, and makes them unique within a notebook (C4). */
import { uuidv4 } from 'lib0/random';
import { CellId } from '../hub/ids.js';

/** What nbformat 4.5 allows. */
const VALID = /^[a-zA-Z0-9_-]{1,64}$/;

export function newCellId(): CellId {
  return CellId.parse(uuidv4());
}

export function isCellId(value: unknown): value is string {
  return typeof value === 'string' && VALID.test(value);
}

/** The id as it stands if it is valid and not yet taken, else a new one; `taken` learns it. */
export function uniqueCellId(wished: unknown, taken: Set<CellId>): CellId {
  const kept = isCellId(wished) ? CellId.parse(wished) : newCellId();
  const id = taken.has(kept) ? newCellId() : kept;
  taken.add(id);
  return id;
}
