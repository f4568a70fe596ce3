/**
 * Pure: operations on what one cell holds: source, metadata, tags, visibility, outputs (C3). Each is one transaction,
 * with `origin` as its origin; a cell that is not there is an UnknownCellError.
 */
import { simpleDiffString } from 'lib0/diff';
import type * as Y from 'yjs';
import type { CellId } from '../hub/ids.js';
import { isJsonArray, isJsonObject, type JsonValue } from './json.js';
import { requireCell } from './require-cell.js';
import {
  allCells,
  cellMetadata,
  cellType,
  executionState,
  outputsOf,
  setCellMetadata,
  setExecution,
  setOutputMetadata,
  sourceText,
  type YCell,
} from './y-notebook.js';

/** Changes no more of the text than differs, so that others' cursors and edits around it stay. */
export function setSource(doc: Y.Doc, id: CellId, source: string, origin?: unknown): void {
  doc.transact(() => {
    const text = sourceText(requireCell(doc, id));
    const { index, remove, insert } = simpleDiffString(text?.toJSON() ?? '', source);
    text?.delete(index, remove);
    text?.insert(index, insert);
  }, origin);
}

/** Undefined removes the key. */
export function setMetadata(doc: Y.Doc, id: CellId, key: string, value: JsonValue | undefined, origin?: unknown): void {
  doc.transact(() => {
    setCellMetadata(requireCell(doc, id), key, value);
  }, origin);
}

/** Replaces the metadata of the output at `index`; an output that is not there (any more) is left. */
export function setMetadataOfOutput(
  doc: Y.Doc,
  id: CellId,
  index: number,
  metadata: Readonly<Record<string, JsonValue>>,
  origin?: unknown,
): void {
  doc.transact(() => {
    const output = outputsOf(requireCell(doc, id))?.get(index);
    if (output !== undefined) {
      setOutputMetadata(output, metadata);
    }
  }, origin);
}

export function tagsOf(cell: YCell): readonly string[] {
  const tags = cellMetadata(cell)['tags'];
  return isJsonArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

/** Each tag once; none at all removes the key. */
export function setTags(doc: Y.Doc, id: CellId, tags: readonly string[], origin?: unknown): void {
  const unique = [...new Set(tags)];
  setMetadata(doc, id, 'tags', unique.length === 0 ? undefined : unique, origin);
}

/**
 * What is not named stays as it is. Hidden outputs of a code cell have two names, nbformat's `collapsed` and
 * `jupyter.outputs_hidden`; JupyterLab keeps them equal, and so does this.
 */
export function setVisibility(
  doc: Y.Doc,
  id: CellId,
  hidden: { readonly source?: boolean; readonly outputs?: boolean },
  origin?: unknown,
): void {
  doc.transact(() => {
    const cell = requireCell(doc, id);
    const jupyter = cellMetadata(cell)['jupyter'];
    setCellMetadata(cell, 'jupyter', {
      ...(isJsonObject(jupyter) ? jupyter : {}),
      ...(hidden.source === undefined ? {} : { source_hidden: hidden.source }),
      ...(hidden.outputs === undefined ? {} : { outputs_hidden: hidden.outputs }),
    });
    if (hidden.outputs !== undefined && cellType(cell) === 'code') setCellMetadata(cell, 'collapsed', hidden.outputs);
  }, origin);
}

/** `jupyter.outputs_hidden` counts more than `collapsed`, which older programs wrote alone. */
export function visibilityOf(cell: YCell): { readonly sourceHidden: boolean; readonly outputsHidden: boolean } {
  const metadata = cellMetadata(cell);
  const jupyter = isJsonObject(metadata['jupyter']) ? metadata['jupyter'] : {};
  return {
    sourceHidden: jupyter['source_hidden'] === true,
    outputsHidden: (jupyter['outputs_hidden'] ?? metadata['collapsed']) === true,
  };
}

/** Of a code cell; any other is left. */
export function setExecutionCount(doc: Y.Doc, id: CellId, count: number | null, origin?: unknown): void {
  doc.transact(() => {
    const cell = requireCell(doc, id);
    if (cellType(cell) === 'code') setExecution(cell, { count, state: executionState(cell) });
  }, origin);
}

export function clearOutputs(doc: Y.Doc, id: CellId, origin?: unknown): void {
  doc.transact(() => {
    clearOutputsOf(requireCell(doc, id));
  }, origin);
}

export function clearAllOutputs(doc: Y.Doc, origin?: unknown): void {
  doc.transact(() => {
    allCells(doc).forEach(clearOutputsOf);
  }, origin);
}

/** With the outputs goes the count of the run that made them; a cell without outputs of its kind is left. */
export function clearOutputsOf(cell: YCell): void {
  const outputs = outputsOf(cell);
  if (outputs !== null) {
    outputs.delete(0, outputs.length);
    setExecution(cell, { count: null, state: executionState(cell) });
  }
}
