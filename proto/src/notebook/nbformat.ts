/**
 * Pure: a notebook as nbformat 4.5 has it, with multi-line strings joined. All values are read-only: a Notebook is a
 * snapshot that does not change under its reader (C7).
 */
import type { CellId } from '../hub/ids.js';
import type { JsonObject } from './json.js';
import type { StoredText } from './stored-output.js';

/** MIME type to content: text, base64 text, or JSON for JSON types. */
export type MimeBundle = JsonObject;

export type StreamName = 'stdout' | 'stderr';

export interface StreamOutput {
  readonly output_type: 'stream';
  readonly name: StreamName;
  readonly text: string;
  /** Where the whole text is, when this is only its ends. It is of a document; no file has it. */
  readonly stored?: StoredText;
}

export interface DisplayDataOutput {
  readonly output_type: 'display_data';
  readonly data: MimeBundle;
  readonly metadata: JsonObject;
}

export interface ExecuteResultOutput {
  readonly output_type: 'execute_result';
  readonly data: MimeBundle;
  readonly metadata: JsonObject;
  readonly execution_count: number | null;
}

export interface ErrorOutput {
  readonly output_type: 'error';
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
  /** As a stream's, of the traceback's lines. */
  readonly stored?: StoredText;
}

export type Output = StreamOutput | DisplayDataOutput | ExecuteResultOutput | ErrorOutput;

interface CellBase {
  readonly id: CellId;
  readonly source: string;
  readonly metadata: JsonObject;
}

export interface CodeCell extends CellBase {
  readonly cell_type: 'code';
  readonly execution_count: number | null;
  readonly outputs: readonly Output[];
}

export interface MarkdownCell extends CellBase {
  readonly cell_type: 'markdown';
  /** File name to MIME bundle, exactly as in the file. */
  readonly attachments?: JsonObject;
}

export interface RawCell extends CellBase {
  readonly cell_type: 'raw';
  readonly attachments?: JsonObject;
}

export type Cell = CodeCell | MarkdownCell | RawCell;
export type CellType = Cell['cell_type'];

export interface Notebook {
  readonly nbformat: 4;
  /** That of the file: 0 to 5. Cell ids are in the file from 5 on. */
  readonly nbformat_minor: number;
  readonly metadata: JsonObject;
  readonly cells: readonly Cell[];
}

/** The first minor version whose cells have ids in the file. */
export const MINOR_WITH_IDS = 5;

/** Metadata that nbformat keeps out of files, on reading and on writing. */
export const NEVER_IN_METADATA: readonly string[] = ['orig_nbformat', 'orig_nbformat_minor', 'signature'];
export const NEVER_IN_CELL_METADATA: readonly string[] = ['trusted'];
