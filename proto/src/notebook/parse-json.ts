/**
 * Pure: reads JSON text as Python does, with NaN and the infinities, and says in which line a fault lies. The
 * engine's own parser is faster and reads nearly every file; it can do neither of the two (on Node 20), so its
 * refusal is where this one begins.
 */
import type { JsonValue } from './json.js';

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  constructor(
    message: string,
    /** Counted from 1. */
    readonly line: number,
  ) {
    super(message);
  }
}

/** Throws JsonSyntaxError. */
export function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
    return new PythonJsonReader(text).read();
  }
}

const MAX_DEPTH = 1000;
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\n\r]|\\.)*"/y;
const SCALAR = /-?Infinity|NaN|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const WORDS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

class PythonJsonReader {
  #position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonValue {
    const value = this.#value(0);
    this.#take(SPACE);
    if (this.#position < this.#text.length) {
      this.#fail('the end of the file');
    }
    return value;
  }

  #value(depth: number): JsonValue {
    this.#take(SPACE);
    if (depth > MAX_DEPTH) {
      this.#fail('less deep nesting');
    }
    switch (this.#text[this.#position]) {
      case '{':
        return this.#object(depth + 1);
      case '[':
        return this.#array(depth + 1);
      case '"':
        return this.#string('a string');
      default:
        return this.#scalar();
    }
  }

  #object(depth: number): JsonValue {
    const entries: [string, JsonValue][] = [];
    this.#items('}', "',' or '}'", () => {
      const key = this.#string('a key in double quotes');
      if (!this.#skip(':')) {
        this.#fail("':'");
      }
      entries.push([key, this.#value(depth)]);
    });
    return Object.fromEntries(entries);
  }

  #array(depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.#items(']', "',' or ']'", () => {
      items.push(this.#value(depth));
    });
    return items;
  }

  /** From the opening bracket to behind the closing one; `readItem` reads what stands between the commas. */
  #items(close: string, expected: string, readItem: () => void): void {
    this.#position += 1;
    if (this.#skip(close)) {
      return;
    }
    do {
      readItem();
    } while (this.#skip(','));
    if (!this.#skip(close)) {
      this.#fail(expected);
    }
  }

  #string(expected: string): string {
    this.#take(SPACE);
    const start = this.#position;
    const literal = this.#take(STRING);
    try {
      return JSON.parse(literal) as string;
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
      this.#position = start;
      return this.#fail(this.#text[start] === '"' ? 'a whole string without raw line breaks' : expected);
    }
  }

  #scalar(): JsonValue {
    const literal = this.#take(SCALAR);
    return literal === '' ? this.#fail('a value') : (WORDS.get(literal) ?? Number(literal));
  }

  #skip(character: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#position] !== character) {
      return false;
    }
    this.#position += 1;
    return true;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text)?.[0] ?? '';
    this.#position += match.length;
    return match;
  }

  #fail(expected: string): never {
    const line = this.#text.slice(0, this.#position).split('\n').length;
    const found = this.#text[this.#position];
    const shown = found === undefined ? 'the file ends' : `there is ${JSON.stringify(found)}`;
    throw new JsonSyntaxError(`${expected} should stand here, but ${shown}`, line);
  }
}
