/**
 * The simplest terminal that can be compared with: a grid of characters and their looks, written from the
 * standard's rules and sharing nothing with the code under test. Sequences other than looks and erasures are ignored.
 */
export interface Visible {
  readonly character: string;
  /** The look as `attribute=value` pairs, sorted. */
  readonly look: string;
}

type Look = Record<string, string>;
const BLANK: Visible = { character: ' ', look: '' };
const ESC = '\u001b';
const IGNORED = `${ESC}\\]8;;u${ESC}\\\\|${ESC}\\[\\?25l|${ESC}\\[A|${ESC}7`;
const TOKEN = new RegExp(`${ESC}\\[([\\d;]*)m|${ESC}\\[([012]?)K|${IGNORED}|[^]`, 'gu');

/** Rows of what a terminal shows after `text`; blanks at a row's end count, since they were written or erased. */
export function showOnTerminal(text: string): readonly (readonly Visible[])[] {
  const rows: Visible[][] = [[]];
  let column = 0;
  let look: Look = {};
  for (const match of text.replace(/[\ud800-\udbff]$/, '').matchAll(TOKEN)) {
    const row = rows[rows.length - 1] ?? [];
    const [token, parameters, erase] = match;
    if (parameters !== undefined) {
      look = lookAfter(look, parameters);
    } else if (erase !== undefined) {
      eraseIn(row, column, erase);
    } else if (token === '\n') {
      rows.push([]);
      column = 0;
    } else if (token === '\r') {
      column = 0;
    } else if (token === '\b') {
      column = Math.max(0, column - 1);
    } else if (!token.startsWith(ESC)) {
      while (row.length < column) row.push(BLANK);
      row[column] = { character: shown(token), look: nameOf(look) };
      column += 1;
    }
  }
  return rows;
}

function shown(token: string): string {
  return /^[\ud800-\udfff]$/u.test(token) ? '\ufffd' : token;
}

function eraseIn(row: Visible[], column: number, mode: string): void {
  if (mode === '2') {
    row.length = 0;
  } else if (mode === '1') {
    row.forEach((_, index) => {
      if (index <= column) row[index] = BLANK;
    });
  } else {
    row.length = Math.min(row.length, column);
  }
}

function lookAfter(look: Look, parameters: string): Look {
  const codes = parameters.split(';').map(Number);
  let next = { ...look };
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 0) next = {};
    else if (code === 38) {
      const count = codes[index + 1] === 5 ? 3 : 5;
      next['colour'] = codes.slice(index, index + count).join(';');
      index += count - 1;
    } else if (code === 39) delete next['colour'];
    else if (code >= 30 && code <= 37) next['colour'] = String(code);
    else if (code === 22) delete next['bold'];
    else if (code === 1) next['bold'] = '1';
    else if (code === 4) next['underline'] = '4';
    else throw new Error(`the model does not know ${code}`);
  }
  return next;
}

function nameOf(look: Look): string {
  return Object.entries(look)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}
