/**
 * The text of an .ipynb file in pieces, the same as writeNotebook's in one: for files too large to stand in memory as a
 * whole. Each output is asked for when its place is reached, since the whole of it may lie elsewhere.
 */
import { cellWriter, fileNotebook, fileOutput } from './file-form.js';
import type { Notebook, Output } from './nbformat.js';
import { NumberSpelling } from './number-spelling.js';
import { LEFT_OPEN, pythonJson, pythonJsonAround } from './python-json.js';

/** `inFile` gives what the file shall have in an output's place, asked for one after the other. `former`: as for writeNotebook. */
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

function* cellsInPieces(
  notebook: Notebook,
  inFile: (output: Output) => Promise<readonly Output[]>,
  numbers: NumberSpelling,
): Generator<Pieces> {
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

async function* listPieces(items: Iterable<Pieces> | AsyncIterable<Pieces>, lineStart: string): AsyncGenerator<string> {
  const inner = `${lineStart} `;
  let isEmpty = true;
  for await (const pieces of items) {
    yield `${isEmpty ? '[' : ','}${inner}`;
    yield* pieces(inner);
    isEmpty = false;
  }
  yield isEmpty ? '[]' : `${lineStart}]`;
}
