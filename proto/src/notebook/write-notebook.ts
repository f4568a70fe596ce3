/**
 * Pure: the text of an .ipynb file, byte for byte as Python's nbformat writes it, so that a file looks the same
 * whichever program saved it. What differs: attachments stay as they were (C5); and a JavaScript number
 * does not know whether it was 1 or 1.0 and is written as 1.
 */
import type { JsonObject, JsonValue } from './json.js';
import { omit } from './json.js';
import {
  NEVER_IN_CELL_METADATA,
  NEVER_IN_METADATA,
  type Cell,
  type Notebook,
  type Output,
  type StreamOutput,
} from './nbformat.js';
import { pythonJson } from './python-json.js';

/** The first minor version whose cells have ids. */
const MINOR_WITH_IDS = 5;

export function writeNotebook(notebook: Notebook): string {
  const withIds = notebook.nbformat_minor >= MINOR_WITH_IDS;
  const file: JsonObject = {
    nbformat: notebook.nbformat,
    nbformat_minor: notebook.nbformat_minor,
    metadata: omit(notebook.metadata, NEVER_IN_METADATA),
    cells: notebook.cells.map((cell) => fileCell(cell, withIds)),
  };
  return `${pythonJson(file)}\n`;
}

function fileCell(cell: Cell, withIds: boolean): JsonObject {
  const base = {
    ...(withIds ? { id: cell.id } : {}),
    cell_type: cell.cell_type,
    metadata: omit(cell.metadata, NEVER_IN_CELL_METADATA),
    source: splitLines(cell.source),
  };
  if (cell.cell_type === 'code') {
    return { ...base, execution_count: cell.execution_count, outputs: cell.outputs.map(fileOutput) };
  }
  return cell.attachments === undefined ? base : { ...base, attachments: cell.attachments };
}

function fileOutput(output: Output): JsonObject {
  switch (output.output_type) {
    case 'stream':
      return fileStream(output);
    case 'display_data':
    case 'execute_result':
      return { ...output, data: splitBundle(output.data) };
    case 'error':
      return { ...output };
  }
}

function fileStream({ output_type, name, text }: StreamOutput): JsonObject {
  return { output_type, name, text: splitLines(text) };
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

/** Every line end that Python's str.splitlines knows, beside CR LF. */
const LINE_ENDS = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029';
const LINE = new RegExp(`[^${LINE_ENDS}]*(?:\\r\\n|[^])`, 'g');

function splitLines(text: string): readonly string[] {
  return text.match(LINE) ?? [];
}
