/**
 * Pure: turns the JSON of an nbformat 3 notebook into that of nbformat 4, as Python's nbformat does: worksheets
 * flattened, headings become Markdown of their level, pyout and pyerr get their new names (C1). What comes out is
 * read on as if it had been a file of nbformat 4.
 */
import { isJsonArray, isJsonObject, omit, type JsonObject, type JsonValue } from './json.js';
import { parseJson } from './parse-json.js';
import { splitLines, withoutLineEnd } from './split-lines.js';

const MIME_OF_ALIAS: ReadonlyMap<string, string> = new Map([
  ['text', 'text/plain'],
  ['html', 'text/html'],
  ['svg', 'image/svg+xml'],
  ['png', 'image/png'],
  ['jpeg', 'image/jpeg'],
  ['latex', 'text/latex'],
  ['json', 'application/json'],
  ['javascript', 'application/javascript'],
]);

/** Throws JsonSyntaxError when JSON that lies in a string of the file is broken. */
export function upgradeFromV3(file: JsonObject): JsonObject {
  const metadata = omit(objectOf(file['metadata']), ['name', 'signature']);
  const cells = itemsOf(file['worksheets']).flatMap((worksheet) => itemsOf(objectOf(worksheet)['cells']));
  return { nbformat: 4, nbformat_minor: 5, metadata, cells: cells.map(upgradeCell) };
}

function upgradeCell(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) {
    return value;
  }
  const cell = { ...value, metadata: objectOf(value['metadata']) };
  switch (value['cell_type']) {
    case 'code':
      return upgradeCode(cell);
    case 'heading':
      return { cell_type: 'markdown', metadata: cell.metadata, source: headingSource(value) };
    case 'html':
      return { cell_type: 'markdown', metadata: cell.metadata, source: joinLines(value['source']) };
    default:
      return { cell_type: value['cell_type'] ?? null, metadata: cell.metadata, source: joinLines(value['source']) };
  }
}

function upgradeCode(cell: JsonObject): JsonObject {
  const collapsed = cell['collapsed'];
  return {
    cell_type: 'code',
    metadata: { ...objectOf(cell['metadata']), ...(collapsed === undefined ? {} : { collapsed }) },
    source: joinLines(cell['input']),
    execution_count: cell['prompt_number'] ?? null,
    outputs: itemsOf(cell['outputs']).map(upgradeOutput),
  };
}

function headingSource(cell: JsonObject): string {
  const level = typeof cell['level'] === 'number' ? cell['level'] : 1;
  const source = joinLines(cell['source']);
  const lines = typeof source === 'string' ? splitLines(source) : [];
  return `${'#'.repeat(Math.min(Math.max(level, 1), 6))} ${lines.map(withoutLineEnd).join(' ')}`;
}

function upgradeOutput(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) {
    return value;
  }
  switch (value['output_type']) {
    case 'pyout':
      return { ...upgradeDisplay(value, 'execute_result'), execution_count: value['prompt_number'] ?? null };
    case 'display_data':
      return upgradeDisplay(value, 'display_data');
    case 'pyerr':
      return { ...value, output_type: 'error' };
    case 'stream':
      return { output_type: 'stream', name: value['stream'] ?? 'stdout', text: joinLines(value['text']) };
    default:
      return value;
  }
}

function upgradeDisplay(output: JsonObject, outputType: string): JsonObject {
  const content = omit(output, ['output_type', 'prompt_number', 'metadata']);
  const data = withMimeTypes(content).map(([mime, value]): [string, JsonValue] => [mime, upgradeData(mime, value)]);
  return {
    output_type: outputType,
    data: Object.fromEntries(data),
    metadata: Object.fromEntries(withMimeTypes(objectOf(output['metadata']))),
  };
}

function upgradeData(mime: string, value: JsonValue): JsonValue {
  const joined = joinLines(value);
  return mime === 'application/json' && typeof joined === 'string' ? parseJson(joined) : joined;
}

function withMimeTypes(bundle: JsonObject): [string, JsonValue][] {
  return Object.entries(bundle).map(([alias, value]) => [MIME_OF_ALIAS.get(alias) ?? alias, value]);
}

/** Version 3 had lines both with and without their line breaks. */
function joinLines(value: JsonValue | undefined): JsonValue {
  if (!isJsonArray(value) || !value.every((line) => typeof line === 'string')) {
    return value ?? '';
  }
  return value.join(/[\n\r]$/.test(value[0] ?? '') ? '' : '\n');
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isJsonArray(value) ? value : [];
}
