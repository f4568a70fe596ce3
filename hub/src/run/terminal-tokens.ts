/**
 * Pure: cuts what a program writes to a terminal into text, cursor controls and whole escape sequences (ECMA-48). A
 * sequence, or a character outside Unicode's first plane, that is not complete yet is handed back to be put before
 * the next chunk, so that the result does not depend on where the stream was cut.
 */
export type TerminalToken =
  | { readonly kind: 'text'; readonly text: string }
  /** Whole lines without any control but their ends; what a program prints in a loop comes so, and is quickly told. */
  | { readonly kind: 'lines'; readonly text: string }
  | { readonly kind: 'sequence'; readonly text: string }
  | { readonly kind: 'newline' | 'return' | 'backspace' };

export interface Tokens {
  readonly tokens: readonly TerminalToken[];
  /** Bounded: the longest sequence that is recognised has about 1,000 characters. */
  readonly incomplete: string;
}

const ESC = '\u001b';
const BEL = '\u0007';
const CSI = '\\[[0-?]{0,64}[ -/]{0,8}';
const CONTROL_STRING = `[\\]P_^][^${BEL}${ESC}]{0,1000}`;
const PLAIN = new RegExp(`[^\\n\\r\\b${ESC}]+`, 'y');
const SEQUENCE = new RegExp(
  `${ESC}(?:${CSI}[@-~]|${CONTROL_STRING}(?:${BEL}|${ESC}\\\\)|[ -/]{0,4}[0-OQ-Z\\\\\`-~])`,
  'y',
);
const INCOMPLETE = new RegExp(`${ESC}(?:${CSI}|${CONTROL_STRING}${ESC}?|[ -/]{0,4})?$`, 'y');
const CURSOR = /\r?\n|\r|[\b]/y;

const SPECIAL = new RegExp(`[\\r\\b${ESC}\\ud800-\\udfff]`, 'g');
/** Far below the length at which a terminal wraps a line, even behind one that has begun. */
const MOST_QUICK_LINE = 1_000;

/** Shown for an escape character that begins nothing known. */
const ESCAPE_SYMBOL = '\u241b';
const LONE_SURROGATE = /\p{Surrogate}/gu;

export function tokenize(text: string): Tokens {
  const end = /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
  const whole = text.slice(0, end);
  const tokens: TerminalToken[] = [];
  const ahead = new Lookahead(whole);
  let position = 0;
  while (position < whole.length) {
    const quick = ahead.endOfQuickLines(position);
    if (quick > position) {
      tokens.push({ kind: 'lines', text: whole.slice(position, quick) });
      position = quick;
      continue;
    }
    const { token, length } = tokenAt(whole, position);
    if (token === null) {
      break;
    }
    tokens.push(token);
    position += length;
  }
  return { tokens, incomplete: text.slice(position) };
}

/** Finds stretches of quick lines; what it has found it keeps, so that the whole text is looked through once. */
class Lookahead {
  #newline = -1;
  /** The next character that is neither text of the first plane nor a line's end; the text's end if there is none. */
  #special = -1;

  constructor(private readonly text: string) {}

  /** Behind the last whole line that is quick to tell; `position` itself when the line there is not. */
  endOfQuickLines(position: number): number {
    if (this.#special < position) this.#special = this.#specialFrom(position);
    let start = position;
    for (;;) {
      if (this.#newline < start) this.#newline = this.#newlineFrom(start);
      if (this.#newline >= this.#special || this.#newline - start > MOST_QUICK_LINE) return start;
      start = this.#newline + 1;
    }
  }

  #newlineFrom(start: number): number {
    const found = this.text.indexOf('\n', start);
    return found === -1 ? this.text.length : found;
  }

  #specialFrom(position: number): number {
    SPECIAL.lastIndex = position;
    return SPECIAL.exec(this.text)?.index ?? this.text.length;
  }
}

/** `token` is null when what stands there is not complete. */
function tokenAt(text: string, position: number): { readonly token: TerminalToken | null; readonly length: number } {
  const plain = matchAt(PLAIN, text, position);
  if (plain !== '') {
    return { token: { kind: 'text', text: plain.replace(LONE_SURROGATE, '\ufffd') }, length: plain.length };
  }
  const cursor = matchAt(CURSOR, text, position);
  if (cursor !== '') {
    return { token: { kind: kindOfCursor(cursor) }, length: cursor.length };
  }
  const sequence = matchAt(SEQUENCE, text, position);
  if (sequence !== '') {
    return { token: { kind: 'sequence', text: sequence }, length: sequence.length };
  }
  const isIncomplete = matchAt(INCOMPLETE, text, position) !== '';
  return { token: isIncomplete ? null : { kind: 'text', text: ESCAPE_SYMBOL }, length: 1 };
}

function kindOfCursor(control: string): 'newline' | 'return' | 'backspace' {
  return control.endsWith('\n') ? 'newline' : control === '\r' ? 'return' : 'backspace';
}

function matchAt(pattern: RegExp, text: string, position: number): string {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0] ?? '';
}
