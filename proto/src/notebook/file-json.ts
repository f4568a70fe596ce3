/**
 * Pure: the JSON of an .ipynb file, with what JSON can say and a shared document can't hold taken out of it: halves of
 * surrogate pairs (documents travel as UTF-8) and keys named `__proto__`. Both are told. Nesting without bound is refused.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { NotebookFormatError } from './notebook-format-error.js';
import { JsonSyntaxError, parseJson } from './parse-json.js';

export interface FileJson {
  readonly file: JsonObject;
  /** What could not be kept, one sentence each. */
  readonly notices: readonly string[];
}

/** Bytes are UTF-8. Throws NotebookFormatError. */
export function readFileJson(content: string | Uint8Array): FileJson {
  const text = typeof content === 'string' ? content : decode(content);
  const parsed = asFormatError(() => parseJson(text.startsWith('\ufeff') ? text.slice(1) : text), 'This is not JSON');
  const sieve = new Sieve();
  const file = sieve.pass(parsed, 0);
  if (!isJsonObject(file)) {
    throw new NotebookFormatError('This is JSON, but not a notebook: a notebook is an object.');
  }
  return { file, notices: sieve.notices() };
}

/** What `parse` answers; broken JSON as the error of a notebook's reader. */
export function asFormatError<T>(parse: () => T, what: string): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      throw new NotebookFormatError(`${what}: line ${error.line}: ${error.message}.`, error.line);
    }
    throw error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The one fault that a decoder finds; its error may be of another realm.
    throw new NotebookFormatError('This is not text in UTF-8, as every notebook is.');
  }
}

/** Python's nbformat gives up at about this depth too. */
const MAX_DEPTH = 200;
const HALF_PAIR = /\p{Surrogate}/u;
const HALF_PAIRS = new RegExp(HALF_PAIR, 'gu');
const REPLACEMENT = '\ufffd';

class Sieve {
  #halfPairs = 0;
  #protoKeys = 0;

  notices(): readonly string[] {
    return [
      ...(this.#halfPairs === 0
        ? []
        : [`Half a surrogate pair, which is no character, becomes ${REPLACEMENT} in ${this.#halfPairs} texts.`]),
      ...(this.#protoKeys === 0 ? [] : [`The key "__proto__" is not kept, ${this.#protoKeys} times.`]),
    ];
  }

  pass(value: JsonValue, depth: number): JsonValue {
    if (typeof value === 'string') {
      return this.#text(value);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    if (depth > MAX_DEPTH) {
      throw new NotebookFormatError(`The notebook's data is nested more than ${MAX_DEPTH} deep.`);
    }
    return isJsonArray(value) ? value.map((item) => this.pass(item, depth + 1)) : this.#object(value, depth);
  }

  #object(object: JsonObject, depth: number): JsonObject {
    const kept = Object.entries(object).filter(([key]) => key !== '__proto__');
    this.#protoKeys += Object.keys(object).length - kept.length;
    return Object.fromEntries(kept.map(([key, value]) => [this.#text(key), this.pass(value, depth + 1)]));
  }

  #text(text: string): string {
    if (!HALF_PAIR.test(text)) {
      return text;
    }
    this.#halfPairs += 1;
    return text.replace(HALF_PAIRS, REPLACEMENT);
  }
}
