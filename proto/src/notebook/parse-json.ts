/**
 * Pure: reads JSON text as Python does, with NaN and the infinities, and says in which line a fault lies. The
 * engine's own parser is faster and reads nearly every file; it can do neither of the two (on Node 20), so its
 * refusal is where this one begins.
 */
import type { JsonValue } from './json.js';
import type { FileJson } from './python-json.js';
import { spelledNumber, type SpelledNumber } from './spelled-number.js';

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
    // Read by their values alone, no number is a spelled one.
    return new PythonJsonReader(text, Number).read() as JsonValue;
  }
}

/** The same with each number as the text spells it, where its value alone does not say that. Throws JsonSyntaxError. */
export function parseSpelledJson(text: string): FileJson {
  return new PythonJsonReader(text, spelledNumber).read();
}

const MAX_DEPTH = 1000;
const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?Infinity|NaN|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const WORDS: ReadonlyMap<string, boolean | number | null> = new Map<string, boolean | number | null>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

class PythonJsonReader {
  #position = 0;

  constructor(
    private readonly text: string,
    private readonly numberOf: (literal: string) => number | SpelledNumber,
  ) {}

  read(): FileJson {
    const value = this.#value(0);
    this.#take(SPACE);
    if (this.#position < this.text.length) {
      this.#fail('the end of the file');
    }
    return value;
  }

  #value(depth: number): FileJson {
    this.#take(SPACE);
    if (depth > MAX_DEPTH) {
      this.#fail('less deep nesting');
    }
    switch (this.text[this.#position]) {
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

  #object(depth: number): FileJson {
    const entries: [string, FileJson][] = [];
    this.#items('}', "',' or '}'", () => {
      const key = this.#string('a key in double quotes');
      if (!this.#skip(':')) {
        this.#fail("':'");
      }
      entries.push([key, this.#value(depth)]);
    });
    return Object.fromEntries(entries);
  }

  #array(depth: number): FileJson {
    const items: FileJson[] = [];
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
    const literal = this.#takeString();
    try {
      return JSON.parse(literal) as string;
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
      this.#position = start;
      return this.#fail(this.text[start] === '"' ? 'a whole string without raw line breaks' : expected);
    }
  }

  /** By search, since a pattern's memory grows with the string; empty when none begins or ends here. */
  #takeString(): string {
    const start = this.#position;
    if (this.text[start] !== '"') {
      return '';
    }
    let end = this.text.indexOf('"', start + 1);
    while (end !== -1 && this.#isEscaped(end)) {
      end = this.text.indexOf('"', end + 1);
    }
    this.#position = end === -1 ? start : end + 1;
    return this.text.slice(start, this.#position);
  }

  #isEscaped(quote: number): boolean {
    let first = quote;
    while (this.text[first - 1] === '\\') {
      first -= 1;
    }
    return (quote - first) % 2 === 1;
  }

  #scalar(): FileJson {
    const literal = this.#take(SCALAR);
    if (literal === '') {
      return this.#fail('a value');
    }
    const word = WORDS.get(literal);
    return word === undefined ? this.numberOf(literal) : word;
  }

  #skip(character: string): boolean {
    this.#take(SPACE);
    if (this.text[this.#position] !== character) {
      return false;
    }
    this.#position += 1;
    return true;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.text)?.[0] ?? '';
    this.#position += match.length;
    return match;
  }

  #fail(expected: string): never {
    const line = this.text.slice(0, this.#position).split('\n').length;
    const found = this.text[this.#position];
    const shown = found === undefined ? 'the file ends' : `there is ${JSON.stringify(found)}`;
    throw new JsonSyntaxError(`${expected} should stand here, but ${shown}`, line);
  }
}
