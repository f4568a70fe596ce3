/**
 * Pure: JSON as Python's `json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": "))`
 * writes it.
 */
import { isJsonArray, type JsonObject, type JsonValue } from './json.js';

/** `lineStart`: a line break and the indentation of the line on which the value begins. */
export function pythonJson(value: JsonValue, lineStart = '\n'): string {
  const parts: string[] = [];
  writeValue(value, lineStart, parts);
  return parts.join('');
}

/** Stands in a value for a list that the caller writes himself. */
export const LEFT_OPEN: readonly JsonValue[] = Object.freeze([]);

/** The text before and behind the one list that is left open in a value. */
export function pythonJsonAround(value: JsonValue, lineStart: string): readonly [before: string, after: string] {
  const parts: string[] = [];
  writeValue(value, lineStart, parts);
  const at = parts.indexOf(OPEN);
  return [parts.slice(0, at).join(''), parts.slice(at + 1).join('')];
}

/** No JSON text begins so. */
const OPEN = '…';

function writeValue(value: JsonValue, lineStart: string, parts: string[]): void {
  if (isJsonArray(value)) {
    writeArray(value, lineStart, parts);
  } else if (typeof value === 'object' && value !== null) {
    writeObject(value, lineStart, parts);
  } else {
    parts.push(typeof value === 'number' ? pythonNumber(value) : JSON.stringify(value));
  }
}

function writeArray(items: readonly JsonValue[], lineStart: string, parts: string[]): void {
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

function writeObject(object: JsonObject, lineStart: string, parts: string[]): void {
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

/** As repr of an int when whole, of a float otherwise. */
function pythonNumber(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  }
  if (Object.is(value, -0)) {
    return '-0.0';
  }
  const isSmall = value !== 0 && Math.abs(value) < 1e-4;
  const [mantissa = '', exponent] = (isSmall ? value.toExponential() : String(value)).split('e');
  return exponent === undefined ? mantissa : `${mantissa}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}
