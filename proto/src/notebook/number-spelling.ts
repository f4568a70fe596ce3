/**
 * Pure: how a file spells its numbers, kept when the file is written again. A plot's `[1.0, 2.0]` would become `[1, 2]`
 * and a large integer another one, since a document knows numbers by their value alone. So the file's former text is
 * asked: what is written with equal values gets the digits that it had.
 */
import type { JsonObject, JsonValue } from './json.js';
import { JsonSyntaxError, parseSpelledJson } from './parse-json.js';
import { pythonJson, type FileJson, type FileObject } from './python-json.js';
import { SpelledNumber } from './spelled-number.js';

/** Whose entries: the notebook's metadata, a cell's, or an output's data and metadata. */
export type Holder = 'notebook' | 'cell' | 'data' | 'output';

/** A number with a fraction, with an exponent, or of many digits. Most files have none and need no second look. */
const ODD_NUMBER = /[\s:,[](?:-0|-?\d+[.eE][\d+-]|-?\d{16})/;

/** For one writing of a file: each holder is asked for once, in the order of the file. */
export class NumberSpelling {
  private constructor(
    /** By holder, name and plain JSON: the spellings that the file has for it, in its order. */
    private readonly known: ReadonlyMap<string, FileJson[]>,
  ) {}

  /** `former`: the text of the file so far, of nbformat 4; nothing is known of one that is empty or can't be read. */
  static of(former: string): NumberSpelling {
    const all = new Map<string, FileJson[]>();
    for (const { key, value } of ODD_NUMBER.test(former) ? valuesWithNumbers(former) : []) {
      const same = all.get(key);
      if (same === undefined) all.set(key, [value]);
      else same.push(value);
    }
    return new NumberSpelling(new Map([...all].filter(([, values]) => values.some(isSpelled))));
  }

  spell(holder: Holder, entries: JsonObject): FileObject {
    if (this.known.size === 0) {
      return entries;
    }
    return Object.fromEntries(
      Object.entries(entries).map(([name, value]) => [name, this.#spelled(holder, name, value) ?? value]),
    );
  }

  #spelled(holder: Holder, name: string, value: JsonValue): FileJson | undefined {
    const spellings = hasNumber(value) ? this.known.get(keyOf(holder, name, value)) : undefined;
    // A copy gets the spelling of what it is a copy of.
    return spellings !== undefined && spellings.length > 1 ? spellings.shift() : spellings?.[0];
  }
}

function keyOf(holder: Holder, name: string, value: JsonValue): string {
  return `${holder} ${name}\n${pythonJson(value)}`;
}

function valuesWithNumbers(text: string): { readonly key: string; readonly value: FileJson }[] {
  return holdersIn(parsed(text)).flatMap(([holder, entries]) =>
    Object.entries(entries)
      .filter(([, value]) => hasNumber(value))
      .map(([name, value]) => ({ key: keyOf(holder, name, plain(value)), value })),
  );
}

function parsed(text: string): FileJson {
  try {
    return parseSpelledJson(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      return null;
    }
    throw error;
  }
}

function holdersIn(file: FileJson): [Holder, FileObject][] {
  return [
    ['notebook', objectIn(file, 'metadata')],
    ...itemsIn(file, 'cells').flatMap((cell): [Holder, FileObject][] => [
      ['cell', objectIn(cell, 'metadata')],
      ...itemsIn(cell, 'outputs').flatMap((output): [Holder, FileObject][] => [
        ['data', objectIn(output, 'data')],
        ['output', objectIn(output, 'metadata')],
      ]),
    ]),
  ];
}

function objectIn(value: FileJson, key: string): FileObject {
  const found = isObject(value) ? value[key] : undefined;
  return found !== undefined && isObject(found) ? found : {};
}

function itemsIn(value: FileJson, key: string): readonly FileJson[] {
  const found = isObject(value) ? value[key] : undefined;
  return found !== undefined && isArray(found) ? found : [];
}

/** With each number as its value alone. */
function plain(value: FileJson): JsonValue {
  if (value instanceof SpelledNumber) {
    return value.value;
  }
  if (isArray(value)) {
    return value.map(plain);
  }
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)])) : value;
}

function hasNumber(value: FileJson): boolean {
  return some(value, (leaf) => typeof leaf === 'number' || leaf instanceof SpelledNumber);
}

function isSpelled(value: FileJson): boolean {
  return some(value, (leaf) => leaf instanceof SpelledNumber);
}

function some(value: FileJson, test: (leaf: FileJson) => boolean): boolean {
  if (isArray(value)) {
    return value.some((item) => some(item, test));
  }
  return isObject(value) ? Object.values(value).some((item) => some(item, test)) : test(value);
}

function isArray(value: FileJson): value is readonly FileJson[] {
  return Array.isArray(value);
}

function isObject(value: FileJson): value is FileObject {
  return typeof value === 'object' && value !== null && !isArray(value) && !(value instanceof SpelledNumber);
}
