import { describe, expect, test } from '@jest/globals';
import { outputSteps, type Output } from '../src/notebook-widget/output-steps.js';

const stream = (text: string, name = 'stdout'): Output => ({ output_type: 'stream', name, text });
const plot = (data: string): Output => ({ output_type: 'display_data', data: { 'image/png': data }, metadata: {} });

describe('showing outputs of the shared document', () => {
  test('a growing stream is appended to, wherever it stands', () => {
    expect(outputSteps([stream('a\n'), plot('1')], [stream('a\nb\n'), plot('1')])).toEqual([
      { kind: 'append', index: 0, text: 'b\n' },
    ]);
  });

  test('[J17] an updated display is replaced in its place', () => {
    expect(outputSteps([plot('1'), stream('x')], [plot('2'), stream('x')])).toEqual([
      { kind: 'set', index: 0, output: plot('2') },
    ]);
  });

  test('a stream that was rewritten gets its text; where a stream comes in place of something else, all is shown anew', () => {
    expect(outputSteps([stream('10 %')], [stream('20 %')])).toEqual([{ kind: 'rewrite', index: 0, text: '20 %' }]);
    expect(outputSteps([stream('a')], [stream('ab', 'stderr')])).toEqual([{ kind: 'rebuild' }]);
    expect(outputSteps([plot('1')], [stream('a')])).toEqual([{ kind: 'rebuild' }]);
    expect(outputSteps([stream('a')], [plot('1')])).toEqual([{ kind: 'set', index: 0, output: plot('1') }]);
  });

  test('new ones are added, cleared ones are cleared, fewer are shown anew', () => {
    expect(outputSteps([], [stream('a'), stream('b', 'stderr')]).map((step) => step.kind)).toEqual(['add', 'add']);
    expect(outputSteps([stream('a')], [])).toEqual([{ kind: 'clear' }]);
    expect(outputSteps([stream('a'), plot('1')], [plot('1')])).toEqual([{ kind: 'rebuild' }]);
  });

  test('what is the same is left alone', () => {
    expect(outputSteps([], [])).toEqual([]);
    expect(outputSteps([stream('a'), plot('1')], [stream('a'), plot('1')])).toEqual([]);
  });
});
