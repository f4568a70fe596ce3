/**
 * Pure but for new cell ids: reads the text of an .ipynb file, nbformat 4.0 to 4.5 and 3 (C1). Multi-line strings
 * are joined for sources, streams and MIME types that are not JSON (C5); ids are made where missing and made unique
 * (C4). A file that can't be read whole is refused with the place of the fault, never read in part.
 */
import type { CellId } from '../hub/ids.js';
import { isCellId, uniqueCellId } from './cell-id.js';
import { asFormatError, readFileJson } from './file-json.js';
import { isJsonArray, isJsonObject, omit, toJson, toJsonObject, type JsonObject, type JsonValue } from './json.js';
import { isJsonMime } from './mime-types.js';
import {
  MINOR_WITH_IDS,
  NEVER_IN_CELL_METADATA,
  NEVER_IN_METADATA,
  type Cell,
  type MimeBundle,
  type Notebook,
  type Output,
} from './nbformat.js';
import { NotebookFormatError } from './notebook-format-error.js';
import { upgradeFromV3 } from './upgrade-v3.js';

const NEWEST_MINOR = 5;

export interface NotebookReading {
  readonly notebook: Notebook;
  /** What saving will change beyond the layout of the JSON, one sentence each; as a rule none. */
  readonly notices: readonly string[];
}

/** Bytes are UTF-8. Throws NotebookFormatError. */
export function readNotebook(content: string | Uint8Array): NotebookReading {
  const { file, notices } = readFileJson(content);
  const version = versionOf(file);
  const reader = new NotebookReader(notices);
  if (version.major === 4) {
    return { notebook: reader.read(file, version.minor), notices: reader.notices };
  }
  reader.notices.push('The notebook was of nbformat 3 and becomes one of nbformat 4.5.');
  return { notebook: reader.read(upgraded(file), version.minor), notices: reader.notices };
}

function upgraded(file: JsonObject): JsonObject {
  return asFormatError(() => upgradeFromV3(file), 'An application/json output is not JSON');
}

function versionOf(file: JsonObject): { readonly major: 3 | 4; readonly minor: number } {
  const major = file['nbformat'];
  const minor = file['nbformat_minor'] ?? 0;
  if (major === 3) {
    return { major, minor: NEWEST_MINOR };
  }
  if (major === 4 && isCount(minor) && minor <= NEWEST_MINOR) {
    return { major, minor };
  }
  if (major === undefined) {
    throw new NotebookFormatError("This is JSON, but not a notebook: it has no 'nbformat'.");
  }
  throw new NotebookFormatError(
    `nbformat ${versionInWords(major, minor)} is not known here; nbformat 3 and 4.0 to 4.${NEWEST_MINOR} are read.`,
  );
}

function versionInWords(major: JsonValue, minor: JsonValue): string {
  if (major !== 4) {
    return JSON.stringify(major);
  }
  return isCount(minor) ? `4.${minor}` : `4 with the minor version ${JSON.stringify(minor)}`;
}

class NotebookReader {
  readonly notices: string[];
  readonly #ids = new Set<CellId>();

  constructor(notices: readonly string[]) {
    this.notices = [...notices];
  }

  read(file: JsonObject, fileMinor: number): Notebook {
    const { metadata, cells, ...rest } = file;
    this.#dropped('The notebook', omit(rest, ['nbformat', 'nbformat_minor']));
    if (!isJsonArray(cells)) {
      throw new NotebookFormatError("The notebook has no list 'cells'.");
    }
    const minor = this.#minor(fileMinor, cells);
    return {
      nbformat: 4,
      nbformat_minor: minor,
      metadata: omit(this.#object(metadata, "The notebook's 'metadata'"), NEVER_IN_METADATA),
      cells: cells.map((cell, index) => this.#cell(cell, `Cell ${index + 1}`, minor)),
    };
  }

  /** The file's own, unless that would lose ids that it has: no minor below 5 allows them. */
  #minor(minor: number, cells: readonly JsonValue[]): number {
    if (minor >= MINOR_WITH_IDS || !cells.some((cell) => isJsonObject(cell) && isCellId(cell['id']))) {
      return minor;
    }
    this.notices.push(`The notebook was of nbformat 4.${minor} but has cell ids; it becomes one of nbformat 4.5.`);
    return MINOR_WITH_IDS;
  }

  #cell(value: JsonValue, where: string, minor: number): Cell {
    if (!isJsonObject(value)) {
      throw new NotebookFormatError(`${where} is not an object.`);
    }
    const { id: wished, cell_type: type, source, metadata, ...rest } = value;
    const id = this.#id(wished, where, minor);
    const base = {
      id,
      source: this.#text(source, `${where}: 'source'`),
      metadata: omit(this.#object(metadata, `${where}: 'metadata'`), NEVER_IN_CELL_METADATA),
    };
    if (type === 'code') {
      return { ...base, cell_type: type, ...this.#codeParts(rest, where) };
    }
    if (type !== 'markdown' && type !== 'raw') {
      throw new NotebookFormatError(`${where} has the unknown type ${JSON.stringify(type ?? null)}.`);
    }
    const { attachments, ...unknown } = rest;
    this.#dropped(where, unknown);
    return {
      ...base,
      cell_type: type,
      ...(isMissing(attachments) ? {} : { attachments: this.#object(attachments, `${where}: 'attachments'`) }),
    };
  }

  #codeParts(rest: JsonObject, where: string): { execution_count: number | null; outputs: readonly Output[] } {
    const { outputs = [], execution_count: count, ...unknown } = rest;
    this.#dropped(where, unknown);
    if (!isJsonArray(outputs)) {
      throw new NotebookFormatError(`${where}: 'outputs' is not a list.`);
    }
    const read = outputs.map((output, index) => this.#output(output, `${where}, output ${index + 1}`));
    return { execution_count: this.#count(count, where), outputs: read };
  }

  #output(value: JsonValue, where: string): Output {
    if (!isJsonObject(value)) {
      throw new NotebookFormatError(`${where} is not an object.`);
    }
    const { output_type: type, ...rest } = value;
    switch (type) {
      case 'stream':
        return this.#stream(rest, where);
      case 'error':
        return this.#error(rest, where);
      case 'execute_result': {
        const { execution_count: count, ...bundle } = rest;
        return { output_type: type, ...this.#bundle(bundle, where), execution_count: this.#count(count, where) };
      }
      case 'display_data':
        return { output_type: type, ...this.#bundle(rest, where) };
      default:
        throw new NotebookFormatError(`${where} has the unknown type ${JSON.stringify(type ?? null)}.`);
    }
  }

  #stream(rest: JsonObject, where: string): Output {
    const { name, text, ...unknown } = rest;
    this.#dropped(where, unknown);
    if (name !== 'stdout' && name !== 'stderr') {
      this.notices.push(`${where} is a stream of the unknown name ${JSON.stringify(name ?? null)} and becomes stdout.`);
    }
    return {
      output_type: 'stream',
      name: name === 'stderr' ? name : 'stdout',
      text: this.#text(text, `${where}: 'text'`),
    };
  }

  #error(rest: JsonObject, where: string): Output {
    const { ename, evalue, traceback = [], ...unknown } = rest;
    this.#dropped(where, unknown);
    if (!isTextList(traceback)) {
      throw new NotebookFormatError(`${where}: 'traceback' is not a list of strings.`);
    }
    return {
      output_type: 'error',
      ename: this.#text(ename, `${where}: 'ename'`),
      evalue: this.#text(evalue, `${where}: 'evalue'`),
      traceback,
    };
  }

  #bundle(rest: JsonObject, where: string): { readonly data: MimeBundle; readonly metadata: JsonObject } {
    const { data = {}, metadata, ...unknown } = rest;
    this.#dropped(where, unknown);
    if (!isJsonObject(data)) {
      throw new NotebookFormatError(`${where}: 'data' is not an object.`);
    }
    const joined = Object.entries(data).map(([mime, value]): [string, JsonValue] => [mime, joinData(mime, value)]);
    return { data: Object.fromEntries(joined), metadata: this.#object(metadata, `${where}: 'metadata'`) };
  }

  #object(value: JsonValue | undefined, where: string): JsonObject {
    if (!isMissing(value) && !isJsonObject(value)) {
      this.notices.push(`${where} is not an object and becomes an empty one.`);
    }
    return toJsonObject(value);
  }

  #count(value: JsonValue | undefined, where: string): number | null {
    if (isMissing(value) || isCount(value)) {
      return value ?? null;
    }
    this.notices.push(`${where}: 'execution_count' is ${JSON.stringify(value)}, no count, and becomes null.`);
    return null;
  }

  #text(value: JsonValue | undefined, where: string): string {
    if (value === undefined || typeof value === 'string') {
      return value ?? '';
    }
    if (isTextList(value)) {
      return value.join('');
    }
    throw new NotebookFormatError(`${where} is neither a string nor a list of strings.`);
  }

  #id(wished: JsonValue | undefined, where: string, minor: number): CellId {
    const id = uniqueCellId(wished, this.#ids);
    if (minor >= 5 && wished !== undefined && id !== wished) {
      this.notices.push(
        `${where} had the id ${JSON.stringify(wished)}, which is repeated or not valid; it gets a new one.`,
      );
    }
    return id;
  }

  #dropped(where: string, unknown: JsonObject): void {
    const keys = Object.keys(unknown);
    if (keys.length > 0) {
      this.notices.push(`${where} has keys that nbformat does not know and that are not kept: ${keys.join(', ')}.`);
    }
  }
}

function joinData(mime: string, value: JsonValue): JsonValue {
  return !isJsonMime(mime) && isTextList(value) ? value.join('') : toJson(value);
}

function isTextList(value: JsonValue): value is readonly string[] {
  return isJsonArray(value) && value.every((line) => typeof line === 'string');
}

function isCount(value: JsonValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isMissing(value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null;
}
