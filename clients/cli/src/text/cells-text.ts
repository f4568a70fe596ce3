/** Pure: the cells of a notebook as a person at a terminal names them: a list of those with output, and one by its name. */
import type { CodeCell, Notebook, Output } from '@cokernel/proto/notebook';
import { alignColumns } from './columns.js';
import { safeLine } from './terminal-text.js';

/** What of a line of code is enough to know it by. */
const FIRST_LINE = 60;

export function cellsText({ cells }: Notebook): string {
  const rows = cells.flatMap((cell, index) => {
    if (cell.cell_type !== 'code' || cell.outputs.length === 0) return [];
    const first = safeLine(cell.source.trim().split('\n')[0] ?? '').slice(0, FIRST_LINE);
    return [[String(index + 1), cell.id, sizeText(cell.outputs), first].map(safeLine)];
  });
  return rows.length === 0 ? 'no cell has output' : alignColumns(rows);
}

/** By id, by a beginning that no other id has, or by its place; else why there is none. */
export function findCodeCell({ cells }: Notebook, name: string): CodeCell | string {
  const place = /^\d+$/.test(name) ? cells[Number(name) - 1] : undefined;
  const begun = cells.filter(({ id }) => id.startsWith(name));
  const found = cells.find(({ id }) => id === name) ?? place ?? (begun.length === 1 ? begun[0] : undefined);
  if (found === undefined)
    return begun.length > 1 ? `'${name}' begins ${String(begun.length)} cells' ids` : `there is no cell '${name}'`;
  return found.cell_type === 'code' ? found : `cell ${found.id} is no code, and has no output`;
}

function sizeText(outputs: readonly Output[]): string {
  const bytes = outputs.reduce((sum, output) => sum + ('stored' in output ? output.stored.bytes : 0), 0);
  const count = outputs.length === 1 ? '1 output' : `${String(outputs.length)} outputs`;
  return bytes === 0 ? count : `${count}, ${bytes.toLocaleString('en')} bytes in all`;
}
