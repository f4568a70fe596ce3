/**
 * Pure: JSON as Python's `json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": "))`
 * writes it.
 */
import type { JsonValue } from './json.js';
import { pythonNumber, SpelledNumber } from './spelled-number.js';

/** A JSON value some of whose numbers are spelled as a file has them. */
export type FileJson = JsonValue | SpelledNumber | readonly FileJson[] | FileObject;
export interface FileObject {
  readonly [key: string]: FileJson;
}

/** `lineStart`: a line break and the indentation of the line on which the value begins. */
export function pythonJson(value: FileJson, lineStart = '\n'): string {
  const parts: string[] = [];
  writeValue(value, lineStart, parts);
  return parts.join('');
}

/** Stands in a value for a list that the caller writes himself. */
export const LEFT_OPEN: readonly JsonValue[] = Object.freeze([]);

/** The text before and behind the one list that is left open in a value. */
export function pythonJsonAround(value: FileJson, lineStart: string): readonly [before: string, after: string] {
  const parts: string[] = [];
  writeValue(value, lineStart, parts);
  const at = parts.indexOf(OPEN);
  return [parts.slice(0, at).join(''), parts.slice(at + 1).join('')];
}

/** No JSON text begins so. */
const OPEN = '…';

function writeValue(value: FileJson, lineStart: string, parts: string[]): void {
  if (typeof value === 'number') {
    parts.push(pythonNumber(value));
  } else if (typeof value !== 'object' || value === null) {
    parts.push(JSON.stringify(value));
  } else if (value instanceof SpelledNumber) {
    parts.push(value.spelling);
  } else if (isArray(value)) {
    writeArray(value, lineStart, parts);
  } else {
    writeObject(value, lineStart, parts);
  }
}

function isArray(value: readonly FileJson[] | FileObject): value is readonly FileJson[] {
  return Array.isArray(value);
}

function writeArray(items: readonly FileJson[], lineStart: string, parts: string[]): void {
  if (items === LEFT_OPEN) {
    parts.push(OPEN);
    return;
  }
  const inner = `${lineStart} `;
  items.forEach((item, index) => {
    parts.push(index === 0 ? '[' : ',', inner);
    writeValue(item, inner, parts);
  });
  parts.push(items.length === 0 ? '[]' : `${lineStart}]`);
}

function writeObject(object: FileObject, lineStart: string, parts: string[]): void {
  const inner = `${lineStart} `;
  const entries = Object.entries(object).sort(([a], [b]) => compareCodePoints(a, b));
  entries.forEach(([key, value], index) => {
    parts.push(index === 0 ? '{' : ',', inner, JSON.stringify(key), ': ');
    writeValue(value, inner, parts);
  });
  parts.push(entries.length === 0 ? '{}' : `${lineStart}}`);
}

/** Python orders strings by code point, JavaScript by UTF-16 unit; they differ where surrogates meet U+E000 and above. */
function compareCodePoints(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index] === b[index]) {
    index += 1;
  }
  return rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
}

function rank(unit: number): number {
  if (Number.isNaN(unit)) {
    return -1;
  }
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
