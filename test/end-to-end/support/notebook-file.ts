/** The .ipynb on disk: written before a hub serves it, and read as any Jupyter would. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Language } from './languages.js';

export interface SavedCell {
  readonly id: string;
  readonly cell_type: string;
  readonly source: string;
  readonly metadata: unknown;
  /** The text of its stream outputs and results, joined. */
  readonly text: string;
}

/** Writes a notebook of code cells with these ids and sources. */
export function writeNotebook(file: string, language: Language, sources: Readonly<Record<string, string>>): void {
  const cells = Object.entries(sources).map(([id, source]) => ({
    ...{ cell_type: 'code', execution_count: null, id, metadata: {}, outputs: [] },
    source: source.split(/(?<=\n)/),
  }));
  const kernelspec = { display_name: language.displayName, language: language.language, name: language.specName };
  const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(file, `${JSON.stringify(notebook, null, 1)}\n`);
}

interface RawCell {
  readonly id: string;
  readonly cell_type: string;
  readonly source: Lines;
  readonly metadata: unknown;
  readonly outputs?: readonly { readonly text?: Lines; readonly data?: Readonly<Record<string, Lines>> }[];
}

type Lines = string | readonly string[];

export function readCells(file: string): readonly SavedCell[] {
  const notebook: { readonly cells: readonly RawCell[] } = JSON.parse(readFileSync(file, 'utf8'));
  return notebook.cells.map(({ id, cell_type, source, metadata, outputs = [] }) => ({
    id,
    cell_type,
    source: join(source),
    metadata,
    text: outputs.map((output) => join(output.text ?? output.data?.['text/plain'] ?? '')).join(''),
  }));
}

function join(lines: Lines): string {
  return typeof lines === 'string' ? lines : lines.join('');
}
