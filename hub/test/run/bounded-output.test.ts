/** What one run may put into a document, and the lines that say what is left out. */
import { describe, expect, test } from '@jest/globals';
import type { Output, OutputEdit } from '@cokernel/proto/notebook';
import fc from 'fast-check';
import type { BoundState, OutputBounds } from '../../src/run/bounded-output.js';
import { UNBOUNDED_YET, boundEdit, lateEdits } from '../../src/run/bounded-output.js';
import { applyEdits, emptyScreen } from './apply-edits.js';

const bounds: OutputBounds = { streamHead: 10, streamTail: 8, outputs: 3, displays: 20 };
const print = (text: string): OutputEdit => ({
  type: 'append',
  output: { output_type: 'stream', name: 'stdout', text },
});
const more = (from: number, text: string, index = 0): OutputEdit => ({ type: 'replaceText', index, from, text });
const show = (text: string): OutputEdit => ({
  type: 'append',
  output: { output_type: 'display_data', data: { 'text/plain': text }, metadata: {} },
});

/** The outputs that a document has after these edits and what is shown late. */
function shown(...edits: readonly OutputEdit[]): readonly Output[] {
  let state: BoundState = UNBOUNDED_YET;
  const written: OutputEdit[] = [];
  for (const edit of edits) {
    const bounded = boundEdit(state, edit, bounds);
    state = JSON.parse(JSON.stringify(bounded.state)) as BoundState;
    written.push(...bounded.edits);
  }
  return applyEdits(emptyScreen, [...written, ...lateEdits(state, bounds).edits]).outputs;
}
const texts = (...edits: readonly OutputEdit[]): string[] =>
  shown(...edits).map((output) => (output.output_type === 'stream' ? output.text : JSON.stringify(output)));

describe('[X16] a stream', () => {
  test.each<[string, OutputEdit[], string]>([
    ['that fits is as it was printed', [print('one\n'), more(4, 'two\n')], 'one\ntwo\n'],
    ['a little longer than its head is whole', [print('12345\n'), more(6, '789\nab\n')], '12345\n789\nab\n'],
    [
      'that is long at once keeps head and end',
      [print('0123456789abc\ndefgh\nij\n')],
      '0123456789\n⋯ 10 characters in 2 lines are not shown ⋯\nij\n',
    ],
  ])('%s', (_title, edits, expected) => {
    expect(texts(...edits)).toEqual([expected]);
  });

  test('that grows for long shows its newest lines, and counts the rest', () => {
    const lines = Array.from({ length: 1_000 }, (_, n) => `${String(n).padStart(3, '0')}\n`);
    const edits = lines.map((line, n) => (n === 0 ? print(line) : more(n * 4, line)));
    expect(texts(...edits)).toEqual(['000\n001\n00\n⋯ 3,986 characters in 997 lines are not shown ⋯\n999\n']);
  });

  test('whose last line is written over again and again shows the newest', () => {
    const edits = Array.from({ length: 100 }, (_, n) => more(12, `${String(n)}%`));
    expect(texts(print('0123456789ab'), ...edits)).toEqual(['0123456789ab99%']);
  });

  test('is whole again when a line that was too long is written over by a short one', () => {
    expect(texts(print('01\n3456789abc'), more(3, 'x'))).toEqual(['01\nx']);
  });
});

describe('[X16] outputs', () => {
  test('beyond a number are counted, and what was shown before still grows', () => {
    const edits = [print('a\n'), show('1'), show('2'), show('3'), show('4'), more(2, 'b\n')];
    expect(texts(...edits).slice(-1)).toEqual(['⋯ 2 more outputs are not shown ⋯\n']);
    expect(texts(...edits)[0]).toBe('a\nb\n');
  });

  test('beyond a size are counted', () => {
    expect(texts(show('x'.repeat(15)), show('y'.repeat(15)))).toHaveLength(2);
    expect(texts(show('x'.repeat(15)), show('y'.repeat(15)))[1]).toBe('⋯ 1 more outputs are not shown ⋯\n');
  });

  test('begin anew after a clear', () => {
    expect(texts(show('1'), show('2'), show('3'), show('4'), { type: 'clear' }, print('a'))).toEqual(['a']);
  });
});

test('[X16] whatever is printed, the beginning and the newest characters are shown and nothing is longer than it may be', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '🙂'), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 20 }), (pieces) => {
      let length = 0;
      const edits = pieces.map((text, n) => {
        const edit = n === 0 ? print(text) : more(length, text);
        length += text.length;
        return edit;
      });
      const whole = pieces.join('');
      const [text = ''] = texts(...edits);
      expect(text.startsWith(whole.slice(0, bounds.streamHead))).toBe(true);
      expect(text.length).toBeLessThan(bounds.streamHead + bounds.streamTail + 60);
      if (whole.length <= bounds.streamHead + bounds.streamTail) expect(text).toBe(whole);
      else expect(whole.endsWith(text.slice(text.lastIndexOf('⋯\n') + 2))).toBe(true);
    }),
    { numRuns: 300 },
  );
});
