/**
 * Pure: a notebook as a Yjs document in the schema of `@jupyter/ydoc` (YNotebook 2.0.0). This is the only file that
 * knows the schema's keys. What is read from a document is read with care, since any client may have written it:
 * a malformed cell or output is shown as well as possible and never throws.
 */
import * as Y from 'yjs';
import { CellId } from '../hub/ids.js';
import { toJson, toJsonObject, type JsonObject, type JsonValue } from './json.js';
import type { Cell, CellType, MimeBundle, Notebook, Output } from './nbformat.js';
import { StoredText } from './stored-output.js';

export type YCell = Y.Map<unknown>;
export type YOutput = Y.Map<unknown>;
export type ExecutionState = 'idle' | 'running';

// The document's roots -------------------------------------------------------------------------------------------

export function cellsArray(doc: Y.Doc): Y.Array<YCell> {
  return doc.getArray<YCell>('cells');
}

/** nbformat, nbformat_minor and metadata. */
export function metaOf(doc: Y.Doc): Y.Map<unknown> {
  return doc.getMap('meta');
}

/** dirty, path, hash, document_id. */
export function stateMap(doc: Y.Doc): Y.Map<unknown> {
  return doc.getMap('state');
}

export function notebookMetadata(doc: Y.Doc): Y.Map<unknown> | null {
  return asMap(metaOf(doc).get('metadata'));
}

/** Sets one key of the notebook's metadata; undefined removes it. */
export function setNotebookMetadata(doc: Y.Doc, key: string, value: JsonValue | undefined, origin?: unknown): void {
  doc.transact(() => {
    setKey(notebookMetadata(doc) ?? setFresh(metaOf(doc), 'metadata', new Y.Map()), key, value);
  }, origin);
}

export function setNbformatMinor(doc: Y.Doc, minor: number): void {
  if (metaOf(doc).get('nbformat_minor') !== minor) metaOf(doc).set('nbformat_minor', minor);
}

// Cells ----------------------------------------------------------------------------------------------------------

/** Without what a client wrote that is no cell at all. */
export function allCells(doc: Y.Doc): readonly YCell[] {
  return cellsArray(doc)
    .toArray()
    .filter((cell) => cell instanceof Y.Map);
}

/** The cell's place, or -1. Should an id stand twice, the first one counts. */
export function indexOfCell(doc: Y.Doc, id: CellId): number {
  return cellsArray(doc)
    .toArray()
    .findIndex((cell) => cell instanceof Y.Map && cell.get('id') === id);
}

export function findCell(doc: Y.Doc, id: CellId): YCell | null {
  const index = indexOfCell(doc, id);
  return index === -1 ? null : cellsArray(doc).get(index);
}

/** The cell's id; null when a client wrote none. */
export function cellId(cell: YCell): CellId | null {
  return CellId.safeParse(cell.get('id')).data ?? null;
}

/** An unknown type counts as raw, so that its text is not lost. */
export function cellType(cell: YCell): CellType {
  const type = cell.get('cell_type');
  return type === 'code' || type === 'markdown' ? type : 'raw';
}

/** Null when a client wrote something else in its place. */
export function sourceText(cell: YCell): Y.Text | null {
  const source = cell.get('source');
  return source instanceof Y.Text ? source : null;
}

/** Null for cells that are not code. */
export function outputsOf(cell: YCell): Y.Array<YOutput> | null {
  const outputs = cell.get('outputs');
  return outputs instanceof Y.Array ? outputs : null;
}

/** False once the cell, the output or anything around it was deleted. */
export function isLive(type: Y.Map<unknown>): boolean {
  return type.doc !== null && type._item?.deleted === false;
}

/** A new cell, to be inserted into a document. */
export function makeYCell(cell: Cell): YCell {
  const entries: [string, unknown][] = [
    ['id', cell.id],
    ['cell_type', cell.cell_type],
    ['source', new Y.Text(cell.source)],
    ['metadata', new Y.Map(Object.entries(cell.metadata))],
  ];
  if (cell.cell_type === 'code') {
    entries.push(['execution_count', cell.execution_count], ['execution_state', 'idle']);
    entries.push(['outputs', Y.Array.from(cell.outputs.map(makeYOutput))]);
  } else if (cell.attachments !== undefined) {
    entries.push(['attachments', cell.attachments]);
  }
  return new Y.Map(entries);
}

/** The count is written together with the state: stock clients take the pair for the end of an execution. */
export function setExecution(
  cell: YCell,
  execution: { readonly count: number | null; readonly state: ExecutionState },
): void {
  inTransaction(cell, () => {
    cell.set('execution_count', execution.count);
    cell.set('execution_state', execution.state);
  });
}

export function executionState(cell: YCell): ExecutionState {
  return cell.get('execution_state') === 'running' ? 'running' : 'idle';
}

/** Sets one key of the cell's metadata; undefined removes it. */
export function setCellMetadata(cell: YCell, key: string, value: JsonValue | undefined): void {
  inTransaction(cell, () => {
    setKey(asMap(cell.get('metadata')) ?? setFresh(cell, 'metadata', new Y.Map()), key, value);
  });
}

export function cellMetadata(cell: YCell): JsonObject {
  return toJsonObject(asMap(cell.get('metadata'))?.toJSON());
}

/** Stands under Jupyter's own key for what is not saved. */
export function setDeleting(cell: YCell, isDeleting: boolean): void {
  cell.set('transient', { ...toJsonObject(cell.get('transient')), deleting: isDeleting });
}

export function isDeleting(cell: YCell): boolean {
  return toJsonObject(cell.get('transient'))['deleting'] === true;
}

/** For Markdown and raw cells; none at all removes the key, and a code cell has none. */
export function setAttachments(cell: YCell, attachments: JsonObject): void {
  const isKept = cellType(cell) !== 'code' && Object.keys(attachments).length > 0;
  inTransaction(cell, () => {
    setKey(cell, 'attachments', isKept ? attachments : undefined);
  });
}

// Outputs --------------------------------------------------------------------------------------------------------

/** A new output, to be inserted into a cell's outputs: its nbformat keys, a stream's text as Y.Text. */
export function makeYOutput(output: Output): YOutput {
  return new Y.Map(Object.entries(output).map(([key, value]) => outputEntry(output, key, value)));
}

function outputEntry(output: Output, key: string, value: unknown): [string, unknown] {
  if (output.output_type === 'stream' && key === 'text') return [key, new Y.Text(output.text)];
  return key === 'stored' ? ['transient', { stored_text: value }] : [key, value];
}

/** Where the whole text of a stream output is; null when the document has all of it. Any client may have written it. */
export function storedTextOf(output: unknown): StoredText | null {
  const transient = toJsonObject(output instanceof Y.Map ? output.get('transient') : toJsonObject(output)['transient']);
  return StoredText.safeParse(transient['stored_text']).data ?? null;
}

/** Beside the display id, under Jupyter's own key for what no file has. */
export function setStoredText(output: YOutput, stored: StoredText): void {
  output.set('transient', { ...toJsonObject(output.get('transient')), stored_text: stored });
}

/**
 * The display id of an output (J17), so that whoever writes this document next can still update it. It stands under
 * Jupyter's own key for what is not saved, and no file has it.
 */
export function displayIdOf(output: unknown): string | null {
  const id = toJsonObject(asMap(output)?.get('transient'))['display_id'];
  return typeof id === 'string' ? id : null;
}

export function setDisplayId(output: YOutput, displayId: string): void {
  output.set('transient', { display_id: displayId });
}

/** The text of a stream output; null for any other. */
export function streamText(output: YOutput): Y.Text | null {
  const text = output.get('text');
  return output.get('output_type') === 'stream' && text instanceof Y.Text ? text : null;
}

/** Replaces what a display_data or execute_result shows. */
export function setDisplay(output: YOutput, data: MimeBundle, metadata: JsonObject): void {
  inTransaction(output, () => {
    output.set('data', data);
    output.set('metadata', metadata);
  });
}

export function setOutputMetadata(output: YOutput, metadata: JsonObject): void {
  output.set('metadata', toJsonObject(metadata));
}

// Whole documents ------------------------------------------------------------------------------------------------

/** Writes a notebook into a fresh document, in one transaction. Throws when the document has cells already. */
export function fillDocument(doc: Y.Doc, notebook: Notebook, origin?: unknown): void {
  if (cellsArray(doc).length > 0) {
    throw new Error('a document is filled once, while it is fresh');
  }
  doc.transact(() => {
    metaOf(doc).set('nbformat', notebook.nbformat);
    metaOf(doc).set('nbformat_minor', notebook.nbformat_minor);
    metaOf(doc).set('metadata', new Y.Map(Object.entries(notebook.metadata)));
    cellsArray(doc).insert(0, notebook.cells.map(makeYCell));
  }, origin);
}

/** The document as it is now: a frozen value that does not change with the document (C7). */
export function readDocument(doc: Y.Doc): Notebook {
  const cells = allCells(doc).map((cell, index) => readCell(cell, namelessId(index)));
  return Object.freeze({ ...readHead(doc), cells: Object.freeze(cells) });
}

/** What a notebook is without its cells. */
export type NotebookHead = Omit<Notebook, 'cells'>;

export function readHead(doc: Y.Doc): NotebookHead {
  const minor = metaOf(doc).get('nbformat_minor');
  return {
    nbformat: 4,
    nbformat_minor: typeof minor === 'number' ? minor : 5,
    metadata: toJsonObject(notebookMetadata(doc)?.toJSON()),
  };
}

/** Of the cell at this place, in a snapshot, when a client wrote none. */
export function namelessId(index: number): CellId {
  return CellId.parse(`unnamed-${index}`);
}

/** One cell as it is now, frozen. `nameless` is the id given to a cell that has none. */
export function readCell(cell: YCell, nameless: CellId): Cell {
  const base = {
    id: cellId(cell) ?? nameless,
    source: textOf(cell.get('source')),
    metadata: cellMetadata(cell),
  };
  const type = cellType(cell);
  if (type === 'code') {
    const outputs = Object.freeze((outputsOf(cell)?.toArray() ?? []).map(readOutput));
    return Object.freeze({ ...base, cell_type: type, execution_count: countOf(cell.get('execution_count')), outputs });
  }
  const attachments = cell.get('attachments');
  const kept = attachments === undefined || attachments === null ? {} : { attachments: toJsonObject(attachments) };
  return Object.freeze({ ...base, cell_type: type, ...kept });
}

/** One output as it is now, frozen. Clients may have written a plain object where a Y.Map belongs. */
export function readOutput(output: unknown): Output {
  const json: JsonObject = toJsonObject(output instanceof Y.Map ? output.toJSON() : output);
  switch (json['output_type']) {
    case 'stream':
      return Object.freeze({
        output_type: 'stream',
        name: json['name'] === 'stderr' ? 'stderr' : 'stdout',
        text: textOf(json['text']),
        ...storedIn(json),
      });
    case 'error':
      return Object.freeze({
        output_type: 'error',
        ename: textOf(json['ename']),
        evalue: textOf(json['evalue']),
        traceback: Object.freeze(linesOf(json['traceback'])),
        ...storedIn(json),
      });
    case 'execute_result':
      return Object.freeze({
        output_type: 'execute_result',
        ...bundleOf(json),
        execution_count: countOf(json['execution_count']),
      });
    default:
      return Object.freeze({ output_type: 'display_data', ...bundleOf(json) });
  }
}

function storedIn(output: JsonObject): { readonly stored?: StoredText } {
  const stored = storedTextOf(output);
  return stored === null ? {} : { stored };
}

function bundleOf(output: JsonObject): { readonly data: MimeBundle; readonly metadata: JsonObject } {
  return { data: toJsonObject(output['data']), metadata: toJsonObject(output['metadata']) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value instanceof Y.Text ? value.toJSON() : linesOf(value).join('');
}

function linesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((line: unknown) => typeof line === 'string') : [];
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

// Small parts ----------------------------------------------------------------------------------------------------

function asMap(value: unknown): Y.Map<unknown> | null {
  return value instanceof Y.Map ? value : null;
}

function setFresh<T>(map: Y.Map<unknown>, key: string, value: T): T {
  map.set(key, value);
  return value;
}

function setKey(map: Y.Map<unknown>, key: string, value: JsonValue | undefined): void {
  if (value === undefined) {
    map.delete(key);
  } else {
    map.set(key, toJson(value));
  }
}

/** In one transaction when the type is in a document; a type that is not yet in one has none. */
export function inTransaction(type: Y.Map<unknown>, change: () => void): void {
  if (type.doc === null) {
    change();
  } else {
    type.doc.transact(change);
  }
}
