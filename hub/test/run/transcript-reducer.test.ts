/** Edits of a document as lines of a transcript. */
import { describe, expect, test } from '@jest/globals';
import type { OutputEdit } from '@cokernel/proto/notebook';
import { TranscriptReducer } from '../../src/run/transcript-reducer.js';

const stream = (text: string, name: 'stdout' | 'stderr' = 'stdout'): OutputEdit => ({
  type: 'append',
  output: { output_type: 'stream', name, text },
});
const replace = (index: number, from: number, text: string): OutputEdit => ({ type: 'replaceText', index, from, text });

/** What the last of these edits becomes. */
function last(...edits: readonly OutputEdit[]): unknown {
  const reducer = new TranscriptReducer();
  return edits.map((edit) => reducer.entriesOf(edit)).at(-1);
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
