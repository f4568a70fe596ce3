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
import { LEFT_OPEN, pythonJson, pythonJsonAround } from './python-json.js';

/** The first minor version whose cells have ids. */
const MINOR_WITH_IDS = 5;

export function writeNotebook(notebook: Notebook): string {
  return `${pythonJson(fileNotebook(notebook, notebook.cells.map(cellWriter(notebook))))}\n`;
}

/** The same text in pieces. `inFile` gives each output as the file shall have it, one at a time. */
export async function* notebookPieces(
  notebook: Notebook,
  inFile: (output: Output) => Promise<Output>,
): AsyncGenerator<string> {
  const writeCell = cellWriter(notebook);
  const [before, after] = pythonJsonAround(fileNotebook(notebook, LEFT_OPEN), '\n');
  yield before;
  yield* listPieces(notebook.cells, '\n ', async function* (cell, lineStart) {
    if (cell.cell_type !== 'code') {
      yield pythonJson(writeCell(cell), lineStart);
      return;
    }
    const [beforeOutputs, afterOutputs] = pythonJsonAround(
      { ...writeCell({ ...cell, outputs: [] }), outputs: LEFT_OPEN },
      lineStart,
    );
    yield beforeOutputs;
    yield* listPieces(cell.outputs, `${lineStart} `, async function* (output, start) {
      yield pythonJson(fileOutput(await inFile(output)), start);
    });
    yield afterOutputs;
  });
  yield `${after}\n`;
}

async function* listPieces<T>(
  items: readonly T[],
  lineStart: string,
  itemPieces: (item: T, lineStart: string) => AsyncGenerator<string>,
): AsyncGenerator<string> {
  const inner = `${lineStart} `;
  for (const [index, item] of items.entries()) {
    yield `${index === 0 ? '[' : ','}${inner}`;
    yield* itemPieces(item, inner);
  }
  yield items.length === 0 ? '[]' : `${lineStart}]`;
}

function fileNotebook({ nbformat, nbformat_minor, metadata }: Notebook, cells: readonly JsonValue[]): JsonObject {
  return { nbformat, nbformat_minor, metadata: omit(metadata, NEVER_IN_METADATA), cells };
}

function cellWriter({ nbformat_minor }: Notebook): (cell: Cell) => JsonObject {
  return (cell) => fileCell(cell, nbformat_minor >= MINOR_WITH_IDS);
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
