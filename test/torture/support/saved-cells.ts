/** The .ipynb on disk as another program reads it: JSON, by the format's own description. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { shownOutput, type ShownOutput } from './shown-output.js';

const Lines = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]);
const bundle = { data: z.object({ 'text/plain': Lines }), metadata: z.object({}) };

const SavedOutput = z.discriminatedUnion('output_type', [
  z.object({ output_type: z.literal('stream'), name: z.enum(['stdout', 'stderr']), text: Lines }),
  z.object({ output_type: z.literal('display_data'), ...bundle }),
  z.object({ output_type: z.literal('execute_result'), ...bundle, execution_count: z.number().nullable() }),
  z.object({ output_type: z.literal('error'), ename: z.string(), evalue: z.string(), traceback: z.array(z.string()) }),
]);

const SavedNotebook = z.object({
  cells: z.array(z.object({ id: z.string(), source: Lines, outputs: z.array(SavedOutput).default([]) })),
});

export interface SavedCell {
  readonly source: string;
  readonly shown: readonly ShownOutput[];
}

/** Throws when there is no such cell. */
export function savedCell(file: string, cellId: string): SavedCell {
  const { cells } = SavedNotebook.parse(JSON.parse(readFileSync(file, 'utf8')));
  const cell = cells.find(({ id }) => id === cellId);
  if (cell === undefined) throw new Error(`the saved file has no cell '${cellId}'`);
  return { source: cell.source, shown: cell.outputs.map(shownOutput) };
}
