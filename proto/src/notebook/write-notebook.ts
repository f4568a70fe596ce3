/**
 * Pure: the text of an .ipynb file, byte for byte as Python's nbformat writes it, so that a file looks the same
 * whichever program saved it. What differs: attachments stay as they were (C5); and a number of which only the value
 * is known is written as Python writes an int when it is whole.
 */
import type { JsonObject, JsonValue } from './json.js';
import { omit } from './json.js';
import {
  MINOR_WITH_IDS,
  NEVER_IN_CELL_METADATA,
  NEVER_IN_METADATA,
  type Cell,
  type Notebook,
  type Output,
} from './nbformat.js';
import { NumberSpelling } from './number-spelling.js';
import { LEFT_OPEN, pythonJson, pythonJsonAround, type FileJson, type FileObject } from './python-json.js';
import { splitLines } from './split-lines.js';

/** `former`: the file's text so far, whose spelling of numbers is kept (1.0, 1e+16, integers past 2^53). */
export function writeNotebook(notebook: Notebook, former = ''): string {
  const numbers = NumberSpelling.of(former);
  return `${pythonJson(fileNotebook(notebook, notebook.cells.map(cellWriter(notebook, numbers)), numbers))}\n`;
}

/** The same text in pieces. `inFile` gives what the file shall have in an output's place, asked for one after the other. */
export async function* notebookPieces(
  notebook: Notebook,
  inFile: (output: Output) => Promise<readonly Output[]>,
  former = '',
): AsyncGenerator<string> {
  const numbers = NumberSpelling.of(former);
  const [before, after] = pythonJsonAround(fileNotebook(notebook, LEFT_OPEN, numbers), '\n');
  yield before;
  yield* listPieces(cellsInPieces(notebook, inFile, numbers), '\n ');
  yield `${after}\n`;
}

/** One item of a list: its text in pieces. */
type Pieces = (lineStart: string) => Iterable<string> | AsyncIterable<string>;

async function* cellsInPieces(
  notebook: Notebook,
  inFile: (output: Output) => Promise<readonly Output[]>,
  numbers: NumberSpelling,
): AsyncGenerator<Pieces> {
  const writeCell = cellWriter(notebook, numbers);
  for (const cell of notebook.cells) {
    if (cell.cell_type !== 'code') yield (lineStart) => [pythonJson(writeCell(cell), lineStart)];
    else {
      const open = { ...writeCell({ ...cell, outputs: [] }), outputs: LEFT_OPEN };
      yield async function* (lineStart) {
        const [before, after] = pythonJsonAround(open, lineStart);
        yield before;
        yield* listPieces(outputsInPieces(cell.outputs, inFile, numbers), `${lineStart} `);
        yield after;
      };
    }
  }
}

async function* outputsInPieces(
  outputs: readonly Output[],
  inFile: (output: Output) => Promise<readonly Output[]>,
  numbers: NumberSpelling,
): AsyncGenerator<Pieces> {
  for (const output of outputs) {
    for (const whole of await inFile(output)) yield (lineStart) => [pythonJson(fileOutput(whole, numbers), lineStart)];
  }
}

async function* listPieces(items: AsyncIterable<Pieces>, lineStart: string): AsyncGenerator<string> {
  const inner = `${lineStart} `;
  let isEmpty = true;
  for await (const pieces of items) {
    yield `${isEmpty ? '[' : ','}${inner}`;
    yield* pieces(inner);
    isEmpty = false;
  }
  yield isEmpty ? '[]' : `${lineStart}]`;
}

function fileNotebook(notebook: Notebook, cells: readonly FileJson[], numbers: NumberSpelling): FileObject {
  const { nbformat, nbformat_minor, metadata } = notebook;
  return { nbformat, nbformat_minor, metadata: numbers.spell('notebook', omit(metadata, NEVER_IN_METADATA)), cells };
}

function cellWriter({ nbformat_minor }: Notebook, numbers: NumberSpelling): (cell: Cell) => FileObject {
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

function fileOutput(output: Output, numbers: NumberSpelling): FileObject {
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
