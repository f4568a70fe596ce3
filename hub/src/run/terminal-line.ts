/**
 * Pure: one line of a terminal as the characters that stand in it, each with its look. A line's text and its
 * characters say the same: `parseLine` reads what `renderLine` writes.
 */
import { applySgr, sgrTransition, type SgrStyle } from './sgr-style.js';
import { tokenize } from './terminal-tokens.js';

/** One code point, with the sequences before it that do not concern its look (such as links). */
export interface LineCell {
  readonly text: string;
  readonly style: SgrStyle;
}

export interface Line {
  readonly cells: readonly LineCell[];
  /** The look of what will be written next. */
  readonly style: SgrStyle;
  /** Sequences that will stand before the next character. */
  readonly held: string;
}

/** What a line may hold of them; more than a person can use. */
const MAX_HELD = 1024;

/** Reads the text of a line that begins in the look `startStyle`. */
export function parseLine(text: string, startStyle: SgrStyle): Line {
  const cells: LineCell[] = [];
  let style = startStyle;
  let held = '';
  for (const token of tokenize(text).tokens) {
    if (token.kind === 'sequence') {
      ({ style, held } = afterSequence(style, held, token.text));
    } else if (token.kind === 'text') {
      for (const character of token.text) {
        cells.push({ text: held + character, style });
        held = '';
      }
    }
  }
  return { cells, style, held };
}

/** What a sequence other than an erasure changes for the characters behind it. */
export function afterSequence(
  style: SgrStyle,
  held: string,
  sequence: string,
): { readonly style: SgrStyle; readonly held: string } {
  const parameters = sgrParameters(sequence);
  if (parameters !== null) {
    return { style: applySgr(style, parameters), held };
  }
  return { style, held: held.length + sequence.length > MAX_HELD ? sequence : held + sequence };
}

export function renderLine(line: Line, startStyle: SgrStyle): string {
  const parts: string[] = [];
  let style = startStyle;
  for (const cell of line.cells) {
    parts.push(sgrTransition(style, cell.style), cell.text);
    style = cell.style;
  }
  parts.push(sgrTransition(style, line.style), line.held);
  return parts.join('');
}

function sgrParameters(sequence: string): string | null {
  return sequence.startsWith('\u001b[') && /^[\d;:]*m$/.test(sequence.slice(2)) ? sequence.slice(2, -1) : null;
}
