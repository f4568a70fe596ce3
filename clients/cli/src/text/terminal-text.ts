/** Pure: text for a terminal: colours, what may pass from a kernel to the terminal, and how wide text is. */

/** Colours, or none (NO_COLOR, a dumb terminal, a pipe). */
export interface Paint {
  readonly on: boolean;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  /** In a participant's colour: `#rrggbb` or `hsl(h, s%, l%)`; any other is cyan. */
  readonly inColor: (css: string, text: string) => string;
}

export function makePaint(on: boolean): Paint {
  const sgr = (code: string) => (text: string) => (on && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text);
  return {
    on,
    bold: sgr('1'),
    dim: sgr('2'),
    red: sgr('31'),
    green: sgr('32'),
    yellow: sgr('33'),
    inColor: (css, text) => sgr(cssCode(css))(text),
  };
}

function cssCode(css: string): string {
  const rgb = rgbOf(css);
  return rgb === null ? '36' : `38;2;${rgb.map((value) => Math.round(value)).join(';')}`;
}

function rgbOf(css: string): readonly number[] | null {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(css);
  if (hex !== null) return hex.slice(1, 4).map((part) => parseInt(part, 16));
  const hsl = /^hsl\(\s*([\d.]+)(?:deg)?[\s,]+([\d.]+)%[\s,]+([\d.]+)%\s*\)$/i.exec(css);
  return hsl === null ? null : rgbOfHsl(Number(hsl[1]), Number(hsl[2]) / 100, Number(hsl[3]) / 100);
}

/** https://www.w3.org/TR/css-color-4/#hsl-to-rgb */
function rgbOfHsl(hue: number, saturation: number, light: number): readonly number[] {
  return [0, 8, 4].map((offset) => {
    const k = (offset + hue / 30) % 12;
    return 255 * (light - saturation * Math.min(light, 1 - light) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  });
}

// Any escape sequence: CSI, OSC and the other strings up to their end, or two characters.
const ESCAPE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]/g;
const SGR = /^\x1b\[[\d;:]*m$/;

/**
 * What a kernel or another person wrote, made safe: colours stay, every other escape sequence and control character goes,
 * so that nobody's output can move the cursor, set the title or type for the reader.
 */
export function safeText(text: string): string {
  const colours = text.replace(ESCAPE, (sequence) => (SGR.test(sequence) ? sequence : ''));
  return colours.replace(/\x1b(?!\[[\d;:]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g, '');
}

/** As safeText, and on one line: names, paths, first lines of code. */
export function safeLine(text: string): string {
  return withoutColours(safeText(text)).replace(/\s+/g, ' ').trim();
}

export function withoutColours(text: string): string {
  return text.replace(ESCAPE, '');
}

/** Columns that the text takes, colours left out. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of withoutColours(text)) width += characterWidth(character.codePointAt(0) ?? 0);
  return width;
}

function characterWidth(code: number): number {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  const character = String.fromCodePoint(code);
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  return isWide(code) || /^\p{Emoji_Presentation}$/u.test(character) ? 2 : 1;
}

/** East Asian Wide and Fullwidth (Unicode's EastAsianWidth), in blocks. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** The line in rows of at most `columns`, colours running on; an empty line is one empty row. */
export function wrapLine(line: string, columns: number): string[] {
  const rows: string[] = [];
  let row = '';
  let width = 0;
  for (const part of line.match(PARTS) ?? []) {
    const partWidth = textWidth(part);
    if (width + partWidth > columns && partWidth > 0) {
      rows.push(row);
      row = '';
      width = 0;
    }
    row += part;
    width += partWidth;
  }
  return [...rows, row];
}

/** A colour sequence or one character. */
const PARTS = /\x1b\[[\d;:]*m|[^]/gu;
