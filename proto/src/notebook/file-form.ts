/**
 * Pure: the JSON that a file has for a notebook, as Python's nbformat lays it out. What differs: attachments stay as they
 * were (C5); and a number of which only the value is known is written as Python writes an int when it is whole.
 */
import { omit, type JsonObject, type JsonValue } from './json.js';
import {
  MINOR_WITH_IDS,
  NEVER_IN_CELL_METADATA,
  NEVER_IN_METADATA,
  type Cell,
  type Notebook,
  type Output,
} from './nbformat.js';
import type { NumberSpelling } from './number-spelling.js';
import type { FileJson, FileObject } from './python-json.js';
import { splitLines } from './split-lines.js';

export function fileNotebook(notebook: Notebook, cells: readonly FileJson[], numbers: NumberSpelling): FileObject {
  const { nbformat, nbformat_minor, metadata } = notebook;
  return { nbformat, nbformat_minor, metadata: numbers.spell('notebook', omit(metadata, NEVER_IN_METADATA)), cells };
}

export function cellWriter({ nbformat_minor }: Notebook, numbers: NumberSpelling): (cell: Cell) => FileObject {
  return (cell) => fileCell(cell, nbformat_minor >= MINOR_WITH_IDS, numbers);
}

function fileCell(cell: Cell, withIds: boolean, numbers: NumberSpelling): FileObject {
  const base = {
    ...(withIds ? { id: cell.id } : {}),
    cell_type: cell.cell_type,
    metadata: numbers.spell('cell', omit(cell.metadata, NEVER_IN_CELL_METADATA)),
    source: splitLines(cell.source),
  };
  if (cell.cell_type === 'code') {
    const outputs = cell.outputs.map((output) => fileOutput(output, numbers));
    return { ...base, execution_count: cell.execution_count, outputs };
  }
  return cell.attachments === undefined ? base : { ...base, attachments: cell.attachments };
}

export function fileOutput(output: Output, numbers: NumberSpelling): FileObject {
  switch (output.output_type) {
    case 'stream':
      return { output_type: output.output_type, name: output.name, text: splitLines(output.text) };
    case 'display_data':
    case 'execute_result': {
      const data = numbers.spell('data', splitBundle(output.data));
      return { ...output, data, metadata: numbers.spell('output', output.metadata) };
    }
    case 'error': {
      const { output_type, ename, evalue, traceback } = output;
      return { output_type, ename, evalue, traceback };
    }
  }
}

const SPLIT_BESIDE_TEXT: readonly string[] = ['application/javascript', 'image/svg+xml'];

function splitBundle(data: JsonObject): JsonObject {
  const isSplit = (mime: string): boolean => mime.startsWith('text/') || SPLIT_BESIDE_TEXT.includes(mime);
  return Object.fromEntries(
    Object.entries(data).map(([mime, value]): [string, JsonValue] => [
      mime,
      typeof value === 'string' && isSplit(mime) ? splitLines(value) : value,
    ]),
  );
}
