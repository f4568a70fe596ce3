import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { Output, OutputEdit } from '@cokernel/proto/notebook';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeEdits } from '../../src/run/merge-edits.js';
import { emptyReducerState, reduceOutput, type ReducerState } from '../../src/run/output-reducer.js';
import { applyEdits, emptyScreen } from './apply-edits.js';

function message(msg_type: string, content: Record<string, unknown>): KernelMessage {
  return {
    channel: 'iopub',
    header: { msg_id: 'm', username: 'k', session: 's', date: '2026-01-01T00:00:00Z', msg_type, version: '5.4' },
    parent_header: {},
    metadata: {},
    content,
    buffers: [],
  };
}

const stream = (name: string, text: string): KernelMessage => message('stream', { name, text });
const out = (text: string): KernelMessage => stream('stdout', text);
const display = (value: string, display_id?: string): KernelMessage =>
  message('display_data', {
    data: { 'text/plain': value },
    metadata: {},
    ...(display_id === undefined ? {} : { transient: { display_id } }),
  });
const clear = (wait: boolean): KernelMessage => message('clear_output', { wait });

/** The state goes through JSON between messages, as it does when it is stored. */
function reduceAll(messages: readonly KernelMessage[]): { state: ReducerState; edits: readonly OutputEdit[] } {
  let state: ReducerState = emptyReducerState;
  const edits: OutputEdit[] = [];
  for (const next of messages) {
    const reduction = reduceOutput(state, next);
    state = JSON.parse(JSON.stringify(reduction.state)) as ReducerState;
    expect(state).toEqual(reduction.state);
    edits.push(...reduction.edits);
  }
  return { state, edits };
}

function outputsAfter(messages: readonly KernelMessage[]): readonly Output[] {
  return applyEdits(emptyScreen, reduceAll(messages).edits).outputs;
}

const texts = (outputs: readonly Output[]): unknown[] =>
  outputs.map((output) => ('text' in output ? [output.name, output.text] : output.output_type));

describe('streams', () => {
  test('[C6] text of one name merges, also when stdout and stderr interleave', () => {
    const outputs = outputsAfter([out('a'), stream('stderr', 'X'), out('b\n'), stream('stderr', 'Y'), out('c')]);
    expect(texts(outputs)).toEqual([
      ['stdout', 'ab\nc'],
      ['stderr', 'XY'],
    ]);
  });

  test('[C6] text after another output begins a new stream output', () => {
    const outputs = outputsAfter([out('a'), stream('stderr', 'X'), display('d'), out('b'), stream('stderr', 'Y')]);
    expect(texts(outputs)).toEqual([
      ['stdout', 'a'],
      ['stderr', 'X'],
      'display_data',
      ['stdout', 'b'],
      ['stderr', 'Y'],
    ]);
  });

  test('an empty text makes no output and does not clear', () => {
    expect(texts(outputsAfter([out('a'), clear(true), out('')]))).toEqual([['stdout', 'a']]);
  });
});

describe('clear_output', () => {
  test('[J16] with wait it clears when the next output comes, and not before', () => {
    expect(texts(outputsAfter([out('a'), clear(true)]))).toEqual([['stdout', 'a']]);
    expect(texts(outputsAfter([out('a'), clear(true), out('b')]))).toEqual([['stdout', 'b']]);
    expect(texts(outputsAfter([out('a'), clear(true), display('d')]))).toEqual(['display_data']);
    expect(texts(outputsAfter([out('a'), clear(true), clear(true), out('b'), out('c')]))).toEqual([['stdout', 'bc']]);
  });

  test('[J16] without wait it clears at once, and a pending one is over with it', () => {
    const { edits } = reduceAll([out('a'), clear(true), clear(false), out('b')]);
    expect(edits.filter((edit) => edit.type === 'clear')).toHaveLength(1);
    expect(texts(applyEdits(emptyScreen, edits).outputs)).toEqual([['stdout', 'b']]);
  });

  test('[J16] an update of a display is no new output and leaves a pending clear pending', () => {
    const update = message('update_display_data', { data: {}, metadata: {}, transient: { display_id: 'x' } });
    expect(reduceAll([out('a'), clear(true), update]).state.clearPending).toBe(true);
  });
});

describe('displays, results and errors', () => {
  test('[J17] a display id goes with the edit and not into the output', () => {
    const { edits } = reduceAll([display('one', 'x')]);
    expect(edits).toEqual([
      {
        type: 'append',
        output: { output_type: 'display_data', data: { 'text/plain': 'one' }, metadata: {} },
        displayId: 'x',
      },
    ]);
  });

  test('[J17] update_display_data becomes an update by display id', () => {
    const transient = { display_id: 'x' };
    const { edits } = reduceAll([message('update_display_data', { data: { a: 1 }, metadata: { b: 2 }, transient })]);
    expect(edits).toEqual([{ type: 'updateDisplay', displayId: 'x', data: { a: 1 }, metadata: { b: 2 } }]);
  });

  test('a result and an error become outputs of nbformat', () => {
    const result = message('execute_result', { execution_count: 3, data: { 'text/plain': '1' }, metadata: {} });
    const error = message('error', { ename: 'E', evalue: 'v', traceback: ['a', 'b'] });
    expect(outputsAfter([result, error])).toEqual([
      { output_type: 'execute_result', data: { 'text/plain': '1' }, metadata: {}, execution_count: 3 },
      { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['a', 'b'] },
    ]);
  });

  test('a message that is no output changes nothing', () => {
    expect(reduceOutput(emptyReducerState, message('status', { execution_state: 'busy' }))).toEqual({
      state: emptyReducerState,
      edits: [],
    });
  });
});

describe('malformed messages', () => {
  test.each([
    ['stream', {}],
    ['stream', { name: 'stdout', text: 5 }],
    ['display_data', {}],
    ['display_data', { data: [] }],
    ['execute_result', { data: 'text' }],
    ['update_display_data', { data: {} }],
    ['error', { traceback: 'text' }],
  ])('a malformed %s %j is told on stderr', (type, content) => {
    const [output] = outputsAfter([message(type, content)]);
    expect(output).toMatchObject({ output_type: 'stream', name: 'stderr' });
    expect(texts([output ?? fail()])).toEqual([['stderr', expect.stringContaining(`malformed ${type}`)]]);
  });

  test('no content of any shape throws, and the state stays JSON', () => {
    const types = ['stream', 'display_data', 'execute_result', 'update_display_data', 'error', 'clear_output', 'x'];
    const keys = ['name', 'text', 'data', 'metadata', 'transient', 'wait', 'ename', 'traceback', 'execution_count'];
    const content = fc.dictionary(fc.constantFrom(...keys), fc.anything({ maxDepth: 2 }));
    const anyMessage = fc.tuple(fc.constantFrom(...types), content);
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 6 }), (messages) => {
        applyEdits(emptyScreen, reduceAll(messages.map(([type, fields]) => message(type, fields))).edits);
      }),
      { numRuns: 300 },
    );
  });
});

describe('joined edits', () => {
  test('a flush of 10,000 prints becomes one append and one change of text', () => {
    const { edits } = reduceAll(Array.from({ length: 10_000 }, (_, index) => out(`line ${index}\n`)));
    const merged = mergeEdits(edits);
    expect(merged.map((edit) => edit.type)).toEqual(['append', 'replaceText']);
    expect(applyEdits(emptyScreen, merged)).toEqual(applyEdits(emptyScreen, edits));
    expect(mergeEdits(edits.slice(1))).toHaveLength(1);
  });

  test('joined edits leave the same outputs as one by one, wherever the flush falls', () => {
    const text = fc.array(fc.constantFrom('a', 'bc', '\r', '\n', '\b', '\u001b[31m', '\u001b[0m', '😀'), {
      maxLength: 6,
    });
    const anyMessage = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.tuple(fc.constantFrom('stdout', 'stderr'), text).map(([n, t]) => stream(n, t.join(''))),
      },
      fc.constantFrom(display('d'), display('one', 'x'), display('two', 'y'), clear(true), clear(false)),
      fc
        .tuple(fc.constantFrom('x', 'y'), fc.string())
        .map(([display_id, value]) =>
          message('update_display_data', { data: { v: value }, metadata: {}, transient: { display_id } }),
        ),
    );
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 25 }), fc.nat(25), (messages, cut) => {
        const { edits } = reduceAll(messages);
        const inTwo = [mergeEdits(edits.slice(0, cut)), mergeEdits(edits.slice(cut))];
        expect(inTwo.reduce(applyEdits, emptyScreen)).toEqual(applyEdits(emptyScreen, edits));
      }),
      { numRuns: 500 },
    );
  });
});

test('the state stays small however much is printed', () => {
  const flood = Array.from({ length: 200 }, () => out('x'.repeat(10_000) + '\u001b[3'));
  const { state } = reduceAll([...flood, out('\u001b]8;;' + 'y'.repeat(100_000))]);
  expect(JSON.stringify(state).length).toBeLessThan(20_000);
});

function fail(): never {
  throw new Error('an output was expected');
}
