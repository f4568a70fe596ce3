/** What a reply's payloads ask of a front end, on its way to the outputs and to the end of the kernel. */
import { describe, expect, test } from '@jest/globals';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { initialState } from '../../src/run/kernel-session-model.js';
import { kernelStatus, transition } from '../../src/run/kernel-session-state.js';
import type { SessionEffect, SessionEvent } from '../../src/run/kernel-session-model.js';
import { emptyReducerState, mergeEdits, reduceOutput } from '../../src/run/output-reducer.js';
import { asksExit, readPayloads } from '../../src/run/payloads.js';
import { TranscriptReducer } from '../../src/run/transcript-reducer.js';
import { says } from '../support/kernel-messages.js';
import { queuedRun } from '../support/queued-run.js';

const at = '2026-01-01T00:00:05.000Z';
const run = queuedRun({ runId: 'r1', cell: 'c1', author: 'ann' });

function replyWith(...payload: readonly unknown[]): KernelMessage {
  const reply = says.ok('r1');
  return { ...reply, content: { ...reply.content, payload } };
}

const nextInput = { source: 'set_next_input', text: 'x = 1', replace: true };
const page = { source: 'page', data: { 'text/plain': 'help' }, start: 0 };
const edit = { source: 'edit_magic', filename: '/tmp/a.py', line_number: 7 };
const exit = { source: 'ask_exit', keepkernel: false };

describe('payloads', () => {
  test.each([
    ['[J15] the next input, in place', nextInput, [{ type: 'nextInput', text: 'x = 1', replace: true }]],
    [
      '[J15] the next input, below',
      { ...nextInput, replace: undefined },
      [{ type: 'nextInput', text: 'x = 1', replace: false }],
    ],
    ['[J15] a page', page, [{ type: 'page', data: { 'text/plain': 'help' } }]],
    [
      '[J15] a page of an old kernel',
      { source: 'page', text: 'help' },
      [{ type: 'page', data: { 'text/plain': 'help' } }],
    ],
    ['[J15] an editor', edit, [{ type: 'editFile', file: '/tmp/a.py', line: 7 }]],
    [
      '[J15] an editor without a line',
      { ...edit, line_number: null },
      [{ type: 'editFile', file: '/tmp/a.py', line: 1 }],
    ],
    ['[J15] the end of the kernel', exit, [{ type: 'exit', keepKernel: false }]],
    ['[J15] the end of the front end alone', { ...exit, keepkernel: true }, [{ type: 'exit', keepKernel: true }]],
    ['one of another kind', { source: 'other' }, []],
    ['one of another form', { source: 'set_next_input', text: 5 }, []],
    ['none', 'text', []],
  ])('%s', (_title, payload, expected) => {
    expect(readPayloads({ payload: [payload] })).toEqual(expected);
  });

  test('[J15] only an exit that does not keep the kernel ends it', () => {
    expect(asksExit({ payload: [exit] })).toBe(true);
    expect(asksExit({ payload: [{ ...exit, keepkernel: true }] })).toBe(false);
    expect(asksExit({})).toBe(false);
  });
});

describe('in the outputs', () => {
  test('[J15] a page is a display, an editor a line, the next input stands for itself', () => {
    const { edits } = reduceOutput(emptyReducerState, replyWith(page, edit, nextInput, exit));
    expect(edits).toEqual([
      { type: 'append', output: { output_type: 'display_data', data: { 'text/plain': 'help' }, metadata: {} } },
      { type: 'append', output: { output_type: 'stream', name: 'stdout', text: 'edit: /tmp/a.py, line 7\n' } },
      { type: 'editFile', file: '/tmp/a.py', line: 7 },
      { type: 'nextInput', text: 'x = 1', replace: true },
    ]);
  });

  test('[J15] a late clear takes no offer away', () => {
    const edits = reduceOutput(emptyReducerState, replyWith(edit, nextInput)).edits;
    expect(mergeEdits([...edits, { type: 'clear' }])).toEqual([edits[1], edits[2], { type: 'clear' }]);
  });

  test('[J15] a transcript has an entry for each', () => {
    const { edits } = reduceOutput(emptyReducerState, replyWith(nextInput, edit));
    const reducer = new TranscriptReducer();
    expect(reducer.entriesOf(edits).map(({ type }) => type)).toEqual(['nextInput', 'output', 'editFile']);
  });
});

describe('in the life of a run', () => {
  const kernelInfo = { protocol_version: '5.3', implementation: 'i', banner: '', language_info: { name: 'python' } };
  const before: readonly SessionEvent[] = [
    { type: 'kernelBecameReady', kernelInfo, at },
    { type: 'runTaken', run },
  ];
  const arrived = (message: KernelMessage): SessionEvent => ({ type: 'messageArrived', message, at });

  function effectsOf(...events: readonly SessionEvent[]) {
    let state = initialState;
    const effects: SessionEffect[] = [];
    for (const event of [...before, ...events]) {
      const next = transition(state, event);
      state = next.state;
      effects.push(...next.effects);
    }
    return { state, kinds: effects.map(({ type }) => type), effects };
  }

  test('[J15] a reply with payloads is written before the run is settled; one without is not', () => {
    const { kinds } = effectsOf(arrived(says.idle('r1')), arrived(replyWith(page)));
    expect(kinds.indexOf('writeOutput')).toBeGreaterThan(-1);
    expect(kinds.indexOf('writeOutput')).toBeLessThan(kinds.indexOf('settle'));
    expect(effectsOf(arrived(says.idle('r1')), arrived(says.ok('r1'))).kinds).not.toContain('writeOutput');
  });

  test.each([
    ['before its idle', [replyWith(exit), says.idle('r1')]],
    ['after its idle', [says.idle('r1'), replyWith(exit)]],
  ])(
    '[J15] an exit whose reply comes %s ends the kernel, named after its author, and nothing more is taken',
    (_when, messages) => {
      const { state, kinds, effects } = effectsOf(...messages.map(arrived), { type: 'runSettled' });
      expect(kinds.slice(kinds.indexOf('settle'))).toEqual(['settle', 'notifyKernel', 'failRequests', 'exitKernel']);
      expect(effects.find(({ type }) => type === 'settle')).toMatchObject({ end: { state: 'succeeded' } });
      expect(kernelStatus(state)).toBe('dead');
      expect(effects.at(-1)).toEqual({ type: 'exitKernel', reason: 'the kernel was ended by code of ann' });
    },
  );

  test('[J15] an exit that keeps the kernel changes nothing', () => {
    const { state, kinds } = effectsOf(arrived(replyWith({ ...exit, keepkernel: true })), arrived(says.idle('r1')));
    expect(kinds).not.toContain('exitKernel');
    expect(state.kernel.phase).toBe('ready');
  });
});
