/** What one run may put into a document, the lines that say what is left out, and where that is. */
import { describe, expect, test } from '@jest/globals';
import type { JsonObject, Output, OutputEdit, StoredText } from '@cokernel/proto/notebook';
import { STORED_MIME, storedBundle } from '@cokernel/proto/notebook';
import fc from 'fast-check';
import type { Bounded, OutputBounds, TextStep } from '../../src/run/bound-context.js';
import type { BoundState } from '../../src/run/bound-state.js';
import { UNBOUNDED_YET, fromStored, toStored } from '../../src/run/bound-state.js';
import { boundReduction, endOutput, lateOutput } from '../../src/run/bounded-output.js';
import type { Reduction, ReducerState } from '../../src/run/output-reducer.js';
import { emptyReducerState, mergeEdits, reduceOutput } from '../../src/run/output-reducer.js';
import { storedNames } from '../../src/run/stored-names.js';
import { says } from '../support/kernel-messages.js';
import { queuedRun } from '../support/queued-run.js';
import { applyEdits, emptyScreen } from './apply-edits.js';

const { prints, shows } = says;
const bounds: OutputBounds = {
  streamHead: 10,
  streamTail: 8,
  outputs: 3,
  display: 20,
  displays: 30,
  displayThen: 5,
  error: 400,
};
const names = storedNames(queuedRun({ runId: 'r1', file: 'f1' }));
const context = { bounds, names };
const addressOf = (number: number): string => names.addressOf(names.textId(number));

type Message = Parameters<typeof reduceOutput>[1];

/** A run as its messages come, with the store as plain values. */
class Running {
  private reduced: ReducerState = emptyReducerState;
  private bound: BoundState = UNBOUNDED_YET;
  private written: OutputEdit[] = [];
  readonly texts = new Map<number, string>();
  readonly blobs = new Map<string, string>();

  take(...messages: readonly Message[]): this {
    for (const message of messages) {
      const reduction: Reduction = reduceOutput(this.reduced, message);
      this.reduced = reduction.state;
      this.adopt(boundReduction(this.bound, reduction, context));
    }
    return this;
  }

  late(): this {
    this.adopt(lateOutput(this.bound, context));
    return this;
  }

  end(): this {
    this.adopt(endOutput(this.bound, context));
    return this;
  }

  /** Another hub goes on. */
  takenOver(): this {
    const stored = JSON.parse(JSON.stringify(toStored(this.bound))) as ReturnType<typeof toStored>;
    this.bound = fromStored(stored, this.reduced, (index) => {
      const output = this.outputs[index];
      return output?.output_type === 'stream' ? output.text : null;
    });
    return this;
  }

  get outputs(): readonly Output[] {
    return applyEdits(emptyScreen, mergeEdits(this.written)).outputs;
  }

  /** The newest reference of each output. */
  get stored(): readonly StoredText[] {
    return this.written.flatMap((edit) => (edit.type === 'storeText' ? [edit.stored] : []));
  }

  private adopt({ state, edits, steps, blobs }: Bounded): void {
    this.bound = state;
    this.written.push(...edits);
    for (const { sha256, bytes } of blobs) this.blobs.set(sha256, Buffer.from(bytes).toString());
    for (const step of steps) this.step(step);
  }

  private step(step: TextStep): void {
    if (step.type === 'drop') {
      this.texts.delete(step.number);
      return;
    }
    const before = Buffer.from(this.texts.get(step.number) ?? '');
    if (before.length < step.at) throw new Error('less is in the store than was thought');
    const text = step.type === 'append' ? step.text : step.rest;
    this.texts.set(step.number, before.subarray(0, step.at).toString() + text);
  }
}

const after = (...messages: readonly Message[]): Running => new Running().take(...messages);
const textsOf = (running: Running): string[] =>
  running.outputs.map((output) => (output.output_type === 'stream' ? output.text : JSON.stringify(output)));

describe('[X16] a stream', () => {
  test.each<[string, string[], string]>([
    ['that fits is as it was printed', ['one\n', 'two\n'], 'one\ntwo\n'],
    ['a little longer than its head is whole', ['12345\n', '789\nab\n'], '12345\n789\nab\n'],
    [
      'that is long at once keeps head and end',
      ['0123456789abc\ndefgh\nij\n'],
      `0123456789\n⋯ 10 characters in 2 lines are not shown: the hub has the whole at ${addressOf(0)} ⋯\nij\n`,
    ],
    [
      'whose head is whole lines has no empty line',
      ['012345678\nabc\ndefgh\nij\n'],
      `012345678\n⋯ 10 characters in 2 lines are not shown: the hub has the whole at ${addressOf(0)} ⋯\nij\n`,
    ],
  ])('%s', (_title, pieces, expected) => {
    const running = after(...pieces.map((piece) => prints('r1', piece))).end();
    expect(textsOf(running)).toEqual([expected]);
  });

  test('that grows for long shows its newest lines, counts the rest, and all of it is in the store', () => {
    const lines = Array.from({ length: 1_000 }, (_, n) => `${String(n).padStart(3, '0')}\n`);
    const running = after(...lines.map((line) => prints('r1', line))).late();
    const mark = `\n⋯ 3,986 characters in 997 lines are not shown: the hub has the whole at ${addressOf(0)} ⋯\n`;
    expect(textsOf(running)).toEqual([`000\n001\n00${mark}999\n`]);
    expect(running.texts.get(0)).toBe(lines.join(''));
    expect(running.stored.at(-1)).toEqual({
      id: names.textId(0),
      sha256: null,
      bytes: 4_000,
      gap: { from: 10, to: 10 + mark.length },
    });
  });

  test('whose last line is written over again and again shows the newest, and only that is in the store', () => {
    const rewrites = Array.from({ length: 100 }, (_, n) => prints('r1', `\r${String(n)}%`));
    const running = after(prints('r1', '0123456789\nabcdefgh\n'), ...rewrites).late();
    expect(textsOf(running)[0]?.endsWith(' ⋯\n99%')).toBe(true);
    expect(running.texts.get(0)).toBe('0123456789\nabcdefgh\n');
    expect(running.end().texts.get(0)).toBe('0123456789\nabcdefgh\n99%');
    expect(running.take(prints('r1', '\rdone\n')).end().texts.get(0)).toBe('0123456789\nabcdefgh\ndone\n');
  });

  test('is complete as soon as something else was shown', () => {
    const running = after(prints('r1', '0123456789\nabcdefgh\nopen'), shows('r1', { 'text/plain': 'x' }));
    expect(running.texts.get(0)).toBe('0123456789\nabcdefgh\nopen');
    expect(textsOf(running)[0]?.endsWith(' ⋯\nopen')).toBe(true);
  });

  test('cuts no character in two', () => {
    const [text = ''] = textsOf(after(prints('r1', `012345678🙂${'🙂'.repeat(20)}`)).late());
    expect(Buffer.from(text).toString()).toBe(text);
  });

  test('that is cleared begins a text of its own', () => {
    const long = '0123456789\nabcdefgh\nijkl\n';
    const running = after(prints('r1', long), says.clears('r1'), prints('r1', long)).end();
    expect([...running.texts]).toEqual([[1, long]]);
  });
});

describe('[X16] outputs beyond a number', () => {
  const three = ['1', '2', '3'].map((text) => shows('r1', { 'text/plain': text }));
  const count = (hidden: number): string =>
    `⋯ ${String(hidden)} more outputs are not shown: the hub has them at ${addressOf(0)} ⋯\n`;

  test('are counted, and are one a line in the store', () => {
    const running = after(...three, shows('r1', { 'text/plain': '4' }), prints('r1', 'a\nb'), prints('r1', 'c\n'));
    expect(textsOf(running.end()).slice(3)).toEqual([count(2)]);
    const lines = (running.texts.get(0) ?? '').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { output_type: 'display_data', data: { 'text/plain': '4' }, metadata: {} },
      { output_type: 'stream', name: 'stdout', text: 'a\n' },
      { output_type: 'stream', name: 'stdout', text: 'bc\n' },
    ]);
    expect(running.stored.at(-1)).toMatchObject({ outputs: 2, gap: { from: 0, to: count(2).length } });
  });

  test('are kept when they are updated', () => {
    const hidden = shows('r1', { 'text/plain': 'old' }, 'd');
    const running = after(...three, hidden, says.updates('r1', 'd', { 'text/plain': 'new' }));
    expect(running.texts.get(0)).toContain('"new"');
  });

  test('begin anew after a clear', () => {
    const running = after(...three, ...three, says.clears('r1'), prints('r1', 'a'));
    expect(textsOf(running.late())).toEqual(['a']);
    expect(running.texts.size).toBe(0);
  });
});

describe('[X16] a display', () => {
  const bundleOf = (running: Running): JsonObject => {
    const [output] = running.outputs;
    return output !== undefined && 'data' in output ? output.data : {};
  };

  test('keeps what is small, and names the rest by its hash', () => {
    const html = '<b>long</b>'.repeat(10);
    const running = after(shows('r1', { 'text/html': html, 'text/plain': 'short' }));
    const data = bundleOf(running);
    expect(data['text/plain']).toBe('short');
    expect('text/html' in data).toBe(false);
    const named = storedBundle(data)?.['text/html'];
    expect(named?.bytes).toBe(html.length);
    expect(running.blobs.get(named?.sha256 ?? '')).toBe(html);
  });

  test('has a text when nothing small is left', () => {
    const data = bundleOf(after(shows('r1', { 'image/png': 'A'.repeat(100) })));
    expect(Object.keys(data).sort()).toEqual([STORED_MIME, 'text/plain'].sort());
    expect(data['text/plain']).toContain('image/png');
  });

  test('is bounded in an update too', () => {
    const running = after(
      shows('r1', { 'text/plain': 'a' }, 'd'),
      says.updates('r1', 'd', { 'text/html': 'b'.repeat(30), 'text/plain': 'b' }),
    );
    expect(storedBundle(bundleOf(running))?.['text/html']?.bytes).toBe(30);
  });

  test('keeps less in the document when there are many', () => {
    const text = { 'text/plain': 'sixteen letters.' };
    const running = after(shows('r1', text), shows('r1', text), shows('r1', text));
    const stored = running.outputs.map((output) => ('data' in output ? storedBundle(output.data) !== null : null));
    expect(stored).toEqual([false, false, true]);
  });
});

test('[X16] an error keeps the ends of its traceback, and the whole is in the store', () => {
  const traceback = Array.from({ length: 100 }, (_, n) => `frame ${String(n)}`);
  const running = after(says.throws('r1', { ename: 'E', evalue: 'v', traceback: [...traceback, 'E: v'] }));
  const [error] = running.outputs;
  if (error?.output_type !== 'error') throw new Error('no error');
  const text = error.traceback.join('\n');
  expect(text.length).toBeLessThan(bounds.error);
  expect(text.startsWith('frame 0\n')).toBe(true);
  expect(text.endsWith('E: v')).toBe(true);
  const [stored] = running.stored;
  expect(running.blobs.get(stored?.sha256 ?? '')).toBe([...traceback, 'E: v'].join('\n'));
  expect(text.slice(stored?.gap.from, stored?.gap.to)).toMatch(/^⋯ [\d,]+ characters are not shown.*⋯$/);
});

test('[X16] whatever is printed, taken over when, ends are shown, nothing is longer than it may be, and all is stored', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '🙂', '\r'), minLength: 1, maxLength: 12 });
  const steps = fc.array(fc.record({ piece, then: fc.constantFrom('go on', 'late', 'take over', 'end') }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(steps, (taken) => {
      let plain = emptyReducerState;
      const edits: OutputEdit[] = [];
      const running = new Running();
      for (const { piece: text, then } of taken) {
        const reduction = reduceOutput(plain, prints('r1', text));
        plain = reduction.state;
        edits.push(...reduction.edits);
        running.take(prints('r1', text));
        if (then === 'late') running.late();
        if (then === 'take over') running.takenOver();
        if (then === 'end') running.end();
      }
      running.end();
      const [expected] = applyEdits(emptyScreen, edits).outputs;
      const whole = expected?.output_type === 'stream' ? expected.text : '';
      const [text = ''] = textsOf(running);
      const gap = running.stored.at(-1)?.gap;
      if (gap === undefined || gap.from === gap.to) expect(text).toBe(whole);
      else {
        expect(whole.startsWith(text.slice(0, gap.from))).toBe(true);
        expect(whole.endsWith(text.slice(gap.to))).toBe(true);
        expect(text.length - (gap.to - gap.from)).toBeLessThanOrEqual(bounds.streamHead + bounds.streamTail);
      }
      if (running.stored.length > 0) expect(running.texts.get(0)).toBe(whole);
    }),
    { numRuns: 500 },
  );
});
