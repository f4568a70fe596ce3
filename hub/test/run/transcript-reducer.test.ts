/** Edits of a document as lines of a transcript. */
import { describe, expect, test } from '@jest/globals';
import { TextId, TranscriptEntry } from '@cokernel/proto/hub';
import type { OutputEdit, StoredText } from '@cokernel/proto/notebook';
import { z } from 'zod';
import { TranscriptReducer } from '../../src/run/transcript-reducer.js';

const stream = (text: string, name: 'stdout' | 'stderr' = 'stdout'): OutputEdit => ({
  type: 'append',
  output: { output_type: 'stream', name, text },
});
const replace = (index: number, from: number, text: string): OutputEdit => ({ type: 'replaceText', index, from, text });

/** What the last of these edits becomes. */
function last(...edits: readonly OutputEdit[]): unknown {
  const reducer = new TranscriptReducer();
  return edits.map((edit) => reducer.entriesOf([edit])).at(-1);
}

describe('a transcript', () => {
  test('has an output for each output', () => {
    expect(last(stream('a'))).toEqual([
      { type: 'output', output: { output_type: 'stream', name: 'stdout', text: 'a' } },
    ]);
  });

  test('continues a stream by the text that was added', () => {
    expect(last(stream('ab'), replace(0, 2, 'c'))).toEqual([{ type: 'streamText', name: 'stdout', text: 'c' }]);
  });

  test('continues the stream that was meant', () => {
    const edits = [stream('out'), stream('err', 'stderr'), replace(0, 3, '!')];
    expect(last(...edits)).toEqual([{ type: 'streamText', name: 'stdout', text: '!' }]);
  });

  test('tells a rewritten line as a carriage return and the line', () => {
    const edits = [stream('one\n10%'), replace(0, 4, '99%')];
    expect(last(...edits)).toEqual([{ type: 'streamText', name: 'stdout', text: '\r99%' }]);
  });

  test('tells a line that was rewritten in its middle as a whole', () => {
    expect(last(stream('one\n10%'), replace(0, 5, '5%'))).toEqual([
      { type: 'streamText', name: 'stdout', text: '\r15%' },
    ]);
  });

  test('tells a rewritten first line as a whole, also when it became empty', () => {
    expect(last(stream('10%'), replace(0, 0, '\nabc'))).toEqual([
      { type: 'streamText', name: 'stdout', text: '\r\nabc' },
    ]);
  });

  test('adds no more than is new of text that is written again', () => {
    expect(last(stream('a'), replace(0, 1, 'b\nc'), replace(0, 1, 'b\ncd'))).toEqual([
      { type: 'streamText', name: 'stdout', text: 'd' },
    ]);
  });

  test('names where all of a text is behind what is shown of it, and goes on with that', () => {
    const storedBytes = (bytes: number): StoredText => ({
      ...{ id: TextId.parse('t'), sha256: null, bytes },
      gap: { from: 4, to: 6 },
    });
    const [first, second] = [storedBytes(8), storedBytes(20)] as const;
    const reducer = new TranscriptReducer();
    const storeText = (of = first): OutputEdit => ({ type: 'storeText', index: 0, stored: of });
    const entries = [
      ...reducer.entriesOf([stream('a\n'), storeText(), stream('e', 'stderr'), replace(0, 2, 'b\n⋯\ny\n')]),
      ...reducer.entriesOf([replace(0, 4, '⋯\nz\n'), storeText(second)]),
    ];
    expect(entries).toEqual([
      { type: 'output', output: { output_type: 'stream', name: 'stdout', text: 'a\n' } },
      { type: 'output', output: { output_type: 'stream', name: 'stderr', text: 'e' } },
      { type: 'streamText', name: 'stdout', text: 'b\n' },
      { type: 'storedText', index: 0, text: '⋯\ny\n', stored: first },
      { type: 'storedText', index: 0, text: '⋯\nz\n', stored: second },
    ]);
    const next = new TranscriptReducer();
    next.goOnAfter(z.array(TranscriptEntry).parse(entries));
    expect(next.textOf(0)).toBe('a\nb\n⋯\nz\n');
    expect(next.entriesOf([replace(0, 8, '!')])).toEqual([{ type: 'streamText', name: 'stdout', text: '!' }]);
  });

  test('has in the place of outputs that are not shown where they are', () => {
    const line: StoredText = { id: TextId.parse('t'), sha256: null, bytes: 9, gap: { from: 0, to: 4 }, outputs: 7 };
    const edits: OutputEdit[] = [stream('⋯ 7\n', 'stderr'), { type: 'storeText', index: 0, stored: line }];
    expect(new TranscriptReducer().entriesOf(edits)).toEqual([
      { type: 'output', output: { output_type: 'stream', name: 'stderr', text: '' } },
      { type: 'storedText', index: 0, text: '⋯ 7\n', stored: line },
    ]);
  });

  test('names where all of an error is with the error', () => {
    const stored = { id: TextId.parse('t'), sha256: null, bytes: 9, gap: { from: 1, to: 2 } };
    const error = { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['⋯'] } as const;
    const edits: OutputEdit[] = [
      { type: 'append', output: error },
      { type: 'storeText', index: 0, stored },
    ];
    expect(new TranscriptReducer().entriesOf(edits)).toEqual([{ type: 'output', output: { ...error, stored } }]);
  });

  test('says nothing of nothing', () => {
    expect(last(stream('a'), replace(0, 1, ''))).toEqual([]);
    expect(last(replace(4, 0, 'a'))).toEqual([]);
  });

  test('begins anew after a clear', () => {
    const edits: OutputEdit[] = [stream('a'), { type: 'clear' }, stream('b'), replace(0, 1, 'c')];
    expect(last(...edits)).toEqual([{ type: 'streamText', name: 'stdout', text: 'c' }]);
    expect(last({ type: 'clear' })).toEqual([{ type: 'clear' }]);
  });

  test('names the display that is rewritten', () => {
    const update: OutputEdit = { type: 'updateDisplay', displayId: 'd', data: { 'text/plain': 'x' }, metadata: {} };
    expect(last(update)).toEqual([update]);
  });
});
