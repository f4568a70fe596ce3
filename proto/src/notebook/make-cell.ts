/** Pure but for new cell ids: makes notebooks and cells (C2). */
import { newCellId } from './cell-id.js';
import type { JsonObject } from './json.js';
import type { Cell, CellType, CodeCell, MarkdownCell, Notebook, RawCell } from './nbformat.js';

export function makeCodeCell(source = '', metadata: JsonObject = {}): CodeCell {
  return { id: newCellId(), cell_type: 'code', source, metadata, execution_count: null, outputs: [] };
}

export function makeMarkdownCell(source = '', metadata: JsonObject = {}): MarkdownCell {
  return { id: newCellId(), cell_type: 'markdown', source, metadata };
}

export function makeRawCell(source = '', metadata: JsonObject = {}): RawCell {
  return { id: newCellId(), cell_type: 'raw', source, metadata };
}

export function makeCell(type: CellType, source = '', metadata: JsonObject = {}): Cell {
  switch (type) {
    case 'code':
      return makeCodeCell(source, metadata);
    case 'markdown':
      return makeMarkdownCell(source, metadata);
    case 'raw':
      return makeRawCell(source, metadata);
  }
}

/** As a new file begins: of the newest format, with these cells or one empty code cell. */
export function makeNotebook(cells: readonly Cell[] = [makeCodeCell()], metadata: JsonObject = {}): Notebook {
  return { nbformat: 4, nbformat_minor: 5, metadata, cells };
}
