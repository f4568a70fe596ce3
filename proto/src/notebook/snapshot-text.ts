/**
 * Pure: a notebook as text that keeps all of it: what a file has no place for too, such as ids below nbformat 4.5 and where
 * the whole of a long text lies. The same notebook is always the same text.
 */
import type { ContentHash, TextId } from '../hub/ids.js';
import { isJsonArray, isJsonObject, toJson } from './json.js';
import type { Cell, Notebook, Output } from './nbformat.js';
import { parseJson } from './parse-json.js';
import { pythonJson } from './python-json.js';
import { storedBundle } from './stored-output.js';

export function writeSnapshot(notebook: Notebook): string {
  return pythonJson(toJson(notebook));
}

/** Of a text that `writeSnapshot` has made; throws on another. */
export function readSnapshot(text: string): Notebook {
  const json = parseJson(text);
  if (!isJsonObject(json) || json['nbformat'] !== 4 || !isJsonArray(json['cells'])) {
    throw new Error('this is no snapshot of a notebook');
  }
  return json as unknown as Notebook;
}

/** All that lies in the output store and is named by these cells, each once. */
export function storedReferences(cells: readonly Cell[]): readonly (ContentHash | TextId)[] {
  const outputs = cells.flatMap((cell) => (cell.cell_type === 'code' ? cell.outputs : []));
  return [...new Set(outputs.flatMap(referencesOf))];
}

function referencesOf(output: Output): (ContentHash | TextId)[] {
  switch (output.output_type) {
    case 'stream':
    case 'error':
      if (output.stored === undefined) return [];
      return output.stored.sha256 === null ? [output.stored.id] : [output.stored.id, output.stored.sha256];
    case 'display_data':
    case 'execute_result':
      return Object.values(storedBundle(output.data) ?? {}).map(({ sha256 }) => sha256);
  }
}
