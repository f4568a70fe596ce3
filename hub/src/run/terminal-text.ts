/**
 * Pure: the text that a stream leaves on a terminal (C6). `\r` and `\b` move the cursor and what follows overwrites,
 * `\r\n` is a line break, an erasure in the line (`ESC [ K`) erases; other escape sequences stay in the text, whole.
 * A line that nothing was overwritten in stands exactly as it was written.
 *
 * Only the current line is kept, so the state is small and JSON: what came before it can't change any more. A line
 * longer than MAX_LINE is wrapped there, as a terminal does at its edge: the cursor can't go back behind it.
 */
import { z } from 'zod';
import type { SgrStyle } from './sgr-style.js';
import { afterSequence, parseLine, renderLine, type LineCell } from './terminal-line.js';
import { tokenize, type TerminalToken } from './terminal-tokens.js';

const MAX_LINE = 4096;

export const TerminalText = z.object({
  /** Where the current line begins in the whole text, in UTF-16 units. */
  lineStart: z.number(),
  /** The current line as it stands in the text. */
  line: z.string(),
  /** Of the cursor in the line, in code points; null at its end. */
  column: z.number().nullable(),
  /** Something was overwritten or erased in the line. */
  edited: z.boolean(),
  /** The look in which the line begins. */
  startStyle: z.string(),
  /** The beginning of an escape sequence whose end has not come; not in the text. */
  incomplete: z.string(),
});
export type TerminalText = Readonly<z.infer<typeof TerminalText>>;

export const EMPTY_TERMINAL_TEXT: TerminalText = {
  lineStart: 0,
  line: '',
  column: null,
  edited: false,
  startStyle: '',
  incomplete: '',
};

/** The whole text from the offset `from` on is now `text`. */
export interface TextChange {
  readonly from: number;
  readonly text: string;
}

export function writeToTerminal(
  state: TerminalText,
  chunk: string,
): { readonly state: TerminalText; readonly change: TextChange | null } {
  const { tokens, incomplete } = tokenize(state.incomplete + chunk);
  const writer = new LineWriter(state);
  tokens.forEach((token) => {
    writer.take(token);
  });
  const line = writer.text();
  const after = {
    lineStart: state.lineStart + writer.finished.length,
    line,
    column: writer.column,
    edited: writer.edited,
    startStyle: writer.startStyle,
    incomplete,
  };
  return { state: after, change: changeBetween(state, writer.finished + line) };
}

/** Leaves out what stays the same at the beginning, never cutting a surrogate pair. */
function changeBetween(before: TerminalText, text: string): TextChange | null {
  const old = before.line;
  let same = 0;
  while (same < old.length && same < text.length && old[same] === text[same]) {
    same += 1;
  }
  if (same === old.length && same === text.length) {
    return null;
  }
  const kept = same > 0 && /[\ud800-\udbff]/.test(text[same - 1] ?? '') ? same - 1 : same;
  return { from: before.lineStart + kept, text: text.slice(kept) };
}

/** The characters of the current line while they are needed one by one. */
interface OpenLine {
  cells: LineCell[];
  style: SgrStyle;
  held: string;
}

class LineWriter {
  /** Lines that ended while this chunk was written. */
  finished = '';
  column: number | null;
  edited: boolean;
  startStyle: SgrStyle;
  /** The line's text while nothing in it was edited, else what it was when it was opened. */
  #line: string;
  #opened: OpenLine | null = null;

  constructor(state: TerminalText) {
    this.#line = state.line;
    this.column = state.column;
    this.edited = state.edited;
    this.startStyle = state.startStyle;
  }

  take(token: TerminalToken): void {
    switch (token.kind) {
      case 'text':
        this.#write(token.text);
        return;
      case 'lines':
        this.#writeLines(token.text);
        return;
      case 'sequence':
        this.#sequence(token.text);
        return;
      case 'newline':
        this.#endLine('\n');
        return;
      case 'return':
        this.#moveTo(0);
        return;
      case 'backspace':
        this.#moveTo(Math.max(this.#cursor() - 1, 0));
        return;
    }
  }

  text(): string {
    return this.edited ? renderLine(this.#open(), this.startStyle) : this.#line;
  }

  #write(text: string): void {
    let rest = text;
    while (rest !== '' && this.#isVerbatim()) {
      const length = pieceLength(rest, MAX_LINE - this.#line.length);
      this.#appendVerbatim(rest.slice(0, length));
      rest = rest.slice(length);
    }
    for (const character of rest) {
      this.#put(character);
    }
  }

  /** The first one ends the line that was begun; those behind it stand as they are. */
  #writeLines(lines: string): void {
    const end = lines.indexOf('\n');
    this.#write(lines.slice(0, end));
    this.#endLine('\n');
    this.finished += lines.slice(end + 1);
  }

  #sequence(sequence: string): void {
    const erasure = erasureOf(sequence);
    if (erasure !== null) {
      this.#erase(erasure);
    } else if (this.#isVerbatim()) {
      this.#appendVerbatim(sequence);
    } else {
      const line = this.#open();
      this.edited = true;
      Object.assign(line, afterSequence(line.style, line.held, sequence));
    }
  }

  #isVerbatim(): boolean {
    return !this.edited && this.column === null;
  }

  #appendVerbatim(text: string): void {
    this.#line += text;
    this.#opened = null;
    if (this.#line.length >= MAX_LINE) {
      this.#endLine('');
    }
  }

  #put(character: string): void {
    const line = this.#open();
    const at = this.#cursor();
    this.edited = true;
    while (line.cells.length < at) {
      line.cells.push({ text: ' ', style: '' });
    }
    line.cells[at] = { text: line.held + character, style: line.style };
    line.held = '';
    this.#moveTo(at + 1);
    if (this.column === null && line.cells.length >= MAX_LINE) {
      this.#endLine('');
    }
  }

  #erase(erasure: Erasure): void {
    const line = this.#open();
    const at = this.#cursor();
    if (line.cells.length === 0 || (erasure === 'toEnd' && this.column === null)) {
      return;
    }
    this.edited = true;
    if (erasure === 'toStart') {
      line.cells = line.cells.map((cell, index) => (index <= at ? { text: ' ', style: '' } : cell));
    } else {
      line.cells.length = erasure === 'all' ? 0 : Math.min(at, line.cells.length);
    }
    this.#moveTo(at);
  }

  #cursor(): number {
    return this.column ?? this.#open().cells.length;
  }

  #moveTo(column: number): void {
    this.column = column === this.#open().cells.length ? null : column;
  }

  #endLine(ending: string): void {
    const hasLook = this.edited || this.#line.includes('\u001b');
    this.finished += this.text() + ending;
    this.startStyle = hasLook ? this.#open().style : this.startStyle;
    this.#line = '';
    this.#opened = null;
    this.column = null;
    this.edited = false;
  }

  #open(): OpenLine {
    if (this.#opened === null) {
      const { cells, style, held } = parseLine(this.#line, this.startStyle);
      this.#opened = { cells: [...cells], style, held };
    }
    return this.#opened;
  }
}

/** At most `room` units, or one more where they would end within a surrogate pair. */
function pieceLength(text: string, room: number): number {
  return text.length > room && /[\ud800-\udbff]/.test(text[room - 1] ?? '') ? room + 1 : room;
}

type Erasure = 'toEnd' | 'toStart' | 'all';

function erasureOf(sequence: string): Erasure | null {
  switch (sequence.slice(1)) {
    case '[K':
    case '[0K':
      return 'toEnd';
    case '[1K':
      return 'toStart';
    case '[2K':
      return 'all';
    default:
      return null;
  }
}
