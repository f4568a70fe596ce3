/**
 * Pure: what a merge has to know of the notebook from which two versions come: all that people write, and of a cell's
 * outputs only whether they are still the same. So it is small, and can be kept beside a document.
 */
import { z } from 'zod';
import { CellId } from '../../hub/ids.js';
import { sourceHash } from '../../hub/source-hash.js';
import { isJsonArray, isJsonObject, toJson, toJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { Cell, Notebook, Output } from '../nbformat.js';

const Json = z.record(z.string(), z.unknown()).transform((value): JsonObject => toJsonObject(value));

const BaseCell = z.object({
  id: CellId,
  cell_type: z.enum(['code', 'markdown', 'raw']),
  source: z.string(),
  metadata: Json,
  attachments: Json,
  /** Of the outputs and the execution count. */
  resultHash: z.string(),
});
export type BaseCell = Readonly<z.infer<typeof BaseCell>>;

/** For parsing what was kept. */
export const MergeBase = z.object({ nbformat_minor: z.number(), metadata: Json, cells: z.array(BaseCell) });
export type MergeBase = Readonly<z.infer<typeof MergeBase>>;

export function mergeBase({ nbformat_minor: minor, metadata, cells }: Notebook): MergeBase {
  return { nbformat_minor: minor, metadata, cells: cells.map(baseCell) };
}

export function baseCell(cell: Cell): BaseCell {
  const { id, cell_type: type, source, metadata } = cell;
  return { id, cell_type: type, source, metadata, attachments: attachmentsOf(cell), resultHash: resultHash(cell) };
}

/** None at all is the same as an empty object: no program shows a difference. */
export function attachmentsOf(cell: Cell): JsonObject {
  return (cell.cell_type === 'code' ? undefined : cell.attachments) ?? {};
}

/** The same for outputs that show the same, wherever their bytes lie. */
function resultHash(cell: Cell): string {
  if (cell.cell_type !== 'code') return '';
  if (cell.outputs.length === 0 && cell.execution_count === null) return '';
  return sourceHash(JSON.stringify(inOrder([cell.execution_count, cell.outputs.map(identityOf)])));
}

/** The whole of a stream has another id in each run and each reading of the file, but one hash. */
function identityOf(output: Output): JsonValue {
  const hash = output.output_type === 'stream' ? (output.stored?.sha256 ?? null) : null;
  return hash === null ? toJson(output) : { name: output.output_type === 'stream' ? output.name : '', hash };
}

/** Equal values as equal texts: keys sorted. */
function inOrder(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(inOrder);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key] ?? null)]));
}
