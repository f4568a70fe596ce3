/**
 * Pure: cuts what a program writes to a terminal into text, cursor controls and whole escape sequences (ECMA-48). A
 * sequence, or a character outside Unicode's first plane, that is not complete yet is handed back to be put before
 * the next chunk, so that the result does not depend on where the stream was cut.
 */
export type TerminalToken =
  | { readonly kind: 'text'; readonly text: string }
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

/** Shown for an escape character that begins nothing known. */
const ESCAPE_SYMBOL = '\u241b';
const LONE_SURROGATE = /\p{Surrogate}/gu;

export function tokenize(text: string): Tokens {
  const end = /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
  const whole = text.slice(0, end);
  const tokens: TerminalToken[] = [];
  let position = 0;
  while (position < whole.length) {
    const { token, length } = tokenAt(whole, position);
    if (token === null) {
      break;
    }
    tokens.push(token);
    position += length;
  }
  return { tokens, incomplete: text.slice(position) };
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
