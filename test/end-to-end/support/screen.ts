/**
 * Pure: a tiny terminal. It understands what line editors use: carriage return, line feed, backspace, moving the
 * cursor, erasing, and scrolling at the bottom; colours are left out of what it shows.
 */

export interface Screen {
  readonly columns: number;
  readonly lines: readonly string[];
  readonly row: number;
  readonly column: number;
}

export function emptyScreen(columns: number): Screen {
  return { columns, lines: [''], row: 0, column: 0 };
}

// A control sequence, another escape (operating system command, two bytes), a control character, or text.
const tokens =
  /\x1b\[([?>=]*[\d;]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b.|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f\x1b]+/gu;

/** Text may come in any pieces, but for an escape sequence that is cut in two: give it the whole of what came. */
export function show(screen: Screen, text: string): Screen {
  let shown = screen;
  for (const [token, parameters, final] of text.matchAll(tokens)) {
    if (final !== undefined) shown = control(shown, final, parameters ?? '');
    else if (token.startsWith('\x1b')) continue;
    else shown = token.length === 1 && token < ' ' ? controlCharacter(shown, token) : write(shown, token);
  }
  return shown;
}

/** What a person reads, without trailing blanks. */
export function textOf(screen: Screen): string {
  return screen.lines.map((line) => line.trimEnd()).join('\n');
}

function controlCharacter(screen: Screen, character: string): Screen {
  switch (character) {
    case '\r':
      return { ...screen, column: 0 };
    case '\n':
      return at(screen, screen.row + 1, screen.column);
    case '\b':
      return at(screen, screen.row, screen.column - 1);
    default:
      return screen;
  }
}

function control(screen: Screen, final: string, parameters: string): Screen {
  const first = Number(parameters.split(';')[0]);
  const count = Math.max(1, first || 0);
  switch (final) {
    case 'A':
      return at(screen, screen.row - count, screen.column);
    case 'B':
      return at(screen, screen.row + count, screen.column);
    case 'C':
      return at(screen, screen.row, screen.column + count);
    case 'D':
      return at(screen, screen.row, screen.column - count);
    case 'G':
      return at(screen, screen.row, count - 1);
    case 'J':
      return first >= 2 ? emptyScreen(screen.columns) : eraseBelow(screen);
    case 'K':
      return eraseInLine(screen, first || 0);
    default:
      return screen;
  }
}

function at(screen: Screen, row: number, column: number): Screen {
  const wanted = Math.max(0, row);
  const missing = Math.max(0, wanted + 1 - screen.lines.length);
  const lines = missing === 0 ? screen.lines : [...screen.lines, ...Array.from({ length: missing }, () => '')];
  return { ...screen, lines, row: wanted, column: Math.max(0, column) };
}

function write(screen: Screen, text: string): Screen {
  let shown = screen;
  for (const character of text) {
    if (shown.column >= shown.columns) shown = at(shown, shown.row + 1, 0);
    shown = put(shown, character);
  }
  return shown;
}

function put(screen: Screen, character: string): Screen {
  const line = Array.from((screen.lines[screen.row] ?? '').padEnd(screen.column));
  line[screen.column] = character;
  return { ...withLine(screen, line.join('')), column: screen.column + 1 };
}

function eraseInLine(screen: Screen, mode: number): Screen {
  const line = screen.lines[screen.row] ?? '';
  if (mode === 0) return withLine(screen, line.slice(0, screen.column));
  return withLine(screen, mode === 2 ? '' : ' '.repeat(screen.column) + line.slice(screen.column));
}

function eraseBelow(screen: Screen): Screen {
  const erased = eraseInLine(screen, 0);
  return { ...erased, lines: erased.lines.slice(0, screen.row + 1) };
}

function withLine(screen: Screen, line: string): Screen {
  return { ...screen, lines: screen.lines.map((old, row) => (row === screen.row ? line : old)) };
}
