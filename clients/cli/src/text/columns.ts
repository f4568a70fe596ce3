/** Pure: rows of cells as aligned columns. */
import { textWidth } from './terminal-text.js';

export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, textWidth(cell))),
    [],
  );
  const pad = (cell: string, column: number) => cell + ' '.repeat((widths[column] ?? 0) - textWidth(cell) + 2);
  return rows.map((row) => row.map(pad).join('').trimEnd()).join('\n');
}
