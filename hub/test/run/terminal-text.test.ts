import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_TERMINAL_TEXT, writeToTerminal, type TerminalText } from '../../src/run/terminal-text.js';
import { showOnTerminal } from './terminal-model.js';

const ESC = '\u001b';

/** The text after these chunks, made of the changes alone. */
function textAfter(...chunks: readonly string[]): string {
  let text = '';
  let state: TerminalText = EMPTY_TERMINAL_TEXT;
  for (const chunk of chunks) {
    const written = writeToTerminal(state, chunk);
    state = JSON.parse(JSON.stringify(written.state)) as TerminalText;
    if (written.change !== null) {
      expect(written.change.from).toBeLessThanOrEqual(text.length);
      text = text.slice(0, written.change.from) + written.change.text;
    }
    expect(text.slice(state.lineStart)).toBe(state.line);
  }
  return text;
}

describe('[C6] controls act as in a terminal', () => {
  test.each([
    ['plain text', 'abc\ndef', 'abc\ndef'],
    ['a carriage return lets the next text overwrite', 'abcdef\rXY', 'XYcdef'],
    ['a carriage return in the first chunk', '\rabc', 'abc'],
    ['CR LF is a line break', 'abc\r\ndef\r\n', 'abc\ndef\n'],
    ['a carriage return alone changes nothing', 'abc\r', 'abc'],
    ['a line break below an overwritten line', 'abc\rX\nd', 'Xbc\nd'],
    ['a backspace moves, what follows overwrites', 'abc\b\bX', 'aXc'],
    ['a backspace stops at the edge', 'a\b\b\bXY', 'XY'],
    ['a backspace does not go back into the line above', 'ab\n\bX', 'ab\nX'],
    ['a spinner', '|\b/\b-\b\\', '\\'],
    ['a character outside the first plane is one column', '😀😀\rX', 'X😀'],
    ['an erasure to the end', `abcdef\rXY${ESC}[K`, 'XY'],
    ['an erasure of the whole line', `abcdef${ESC}[2K\rXY`, 'XY'],
    ['an erasure leaves the cursor where it is', `abc${ESC}[2KX`, '   X'],
    ['an erasure to the start', `abcdef\b\b${ESC}[1KX`, '    Xf'],
    ['an erasure at the end of the line', `abc${ESC}[K\n`, 'abc\n'],
  ])('%s', (_, written, shown) => {
    expect(textAfter(written)).toBe(shown);
  });
});

describe('[C6] escape sequences', () => {
  test.each([
    ['stay exactly where nothing is overwritten', `${ESC}[0;31mred${ESC}[0m ${ESC}[39mplain\n${ESC}[1mb`],
    ['of links stay whole', `${ESC}]8;;http://a/${ESC}\\link${ESC}]8;;${ESC}\\ after`],
    ['that move the cursor elsewhere stay', `one\ntwo${ESC}[A${ESC}[?25l`],
  ])('%s', (_, text) => {
    expect(textAfter(text)).toBe(text);
    expect(textAfter(...Array.from(text))).toBe(text);
  });

  test('do not leak their colour when they are overwritten', () => {
    expect(textAfter(`${ESC}[31mabcd${ESC}[0m\rXY`)).toBe(`XY${ESC}[31mcd${ESC}[0m`);
    expect(textAfter(`${ESC}[32m 10%${ESC}[0m\r${ESC}[32m 20%${ESC}[0m`)).toBe(`${ESC}[32m 20%${ESC}[0m`);
  });

  test('keep a colour that goes on in the next line', () => {
    expect(textAfter(`abc\r${ESC}[31mX\nred`)).toBe(`${ESC}[31mX${ESC}[0mbc${ESC}[31m\nred`);
  });

  test('that are cut off between chunks are not shown until they are whole', () => {
    expect(textAfter(`a${ESC}[3`)).toBe('a');
    expect(textAfter(`a${ESC}[3`, '1mb')).toBe(`a${ESC}[31mb`);
    expect(textAfter('a\ud83d')).toBe('a');
    expect(textAfter('a\ud83d', '\ude00')).toBe('a😀');
  });

  test('that are none are shown as a symbol', () => {
    expect(textAfter(`a${ESC}\u00e9\ud83d\n`)).toBe('a␛é\ufffd\n');
  });
});

test('[C6] the lines of a progress bar (tqdm) leave its last state', () => {
  const bar = (percent: number): string =>
    `\r${String(percent).padStart(3)}%|${'█'.repeat(percent / 10).padEnd(10)}| ${percent}/100 [00:0${percent / 20}<00:05]`;
  const written = ['\r  0%|          | 0/100 [00:00<?]', bar(20), bar(60), bar(100), '\n', 'done\n'];
  expect(textAfter(...written)).toBe('100%|██████████| 100/100 [00:05<00:05]\ndone\n');
});

const pieces = [
  ...['a', 'b', 'xyz', ' ', '\n', '\r', '\r\n', '\b', '😀', 'é', '\t', '\ud83d'],
  ...['[31m', '[0m', '[1;32m', '[m', '[38;5;208m', '[38;2;1;2;3;4m', '[39;22m', '[K', '[2K', '[1K'].map((s) => ESC + s),
  ...[`${ESC}]8;;u${ESC}\\`, `${ESC}[?25l`, `${ESC}[A`, `${ESC}7`],
];
const textOf = (some: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...some), { maxLength: 40 }).map((parts) => parts.join(''));

test('[C6] wherever a stream is cut into chunks, its text is the same', () => {
  fc.assert(
    fc.property(
      textOf([...pieces, ESC, `${ESC}[`, '[', ']']),
      fc.array(fc.nat(200), { maxLength: 6 }),
      (text, cuts) => {
        const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
        const chunks = places.slice(1).map((end, index) => text.slice(places[index], end));
        expect(textAfter(...chunks)).toBe(textAfter(text));
      },
    ),
    { numRuns: 1000 },
  );
});

test('[C6] what is shown, character and colour, is what a terminal shows', () => {
  fc.assert(
    fc.property(textOf(pieces), (text) => {
      expect(showOnTerminal(textAfter(text))).toEqual(showOnTerminal(text));
    }),
    { numRuns: 1000 },
  );
});

test('[C6] a line that is too long to keep is wrapped at the same place however it is cut', () => {
  const long = 'ab😀c'.repeat(2500) + '\rX\n' + 'é';
  const byOne = textAfter(...Array.from(long));
  expect(byOne).toBe(textAfter(long));
  expect(textAfter(long.slice(0, 4095), long.slice(4095))).toBe(byOne);
  expect(byOne).toHaveLength(long.length - 2);
});
