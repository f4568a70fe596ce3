import { CellId, FileId, PromptId } from '@cokernel/proto/hub';
import { describe, expect, test } from '@jest/globals';
import { durationText, runIndex, runMark, type RunIndex } from '../src/notebook-widget/run-mark.js';
import { ann, ben, queueView, runView } from './views.js';

const me = { participantId: ann.participantId, role: 'editor' } as const;
const here = FileId.parse('here');
const mine = runView('mine', ann);
const bens = runView('bens', ben);
const cellOf = (runId: string): CellId => CellId.parse(`cell-of-${runId}`);
const indexOf = (more: Partial<Parameters<typeof runIndex>[0]>): RunIndex =>
  runIndex({ ...queueView(null, []), ...more }, new Map(), null, me, here);

describe("a cell's badge", () => {
  test('[X9] says who queued it and at which place', () => {
    const index = indexOf({ queued: [bens, mine] });
    expect(runMark(index, cellOf('bens'), {}, () => 'hash')).toMatchObject({
      state: 'queued',
      parts: ['queued by Ben', 'next in line'],
      cancellable: null,
    });
    expect(runMark(index, cellOf('mine'), {}, () => 'hash').parts).toEqual(['queued by you', 'place 2 in line']);
  });

  test("[X10] offers to withdraw one's own waiting run, and to an owner everybody's", () => {
    const queue = queueView(null, [bens, mine]);
    const shown = (you: Parameters<typeof runIndex>[3]): unknown[] =>
      [bens, mine].map(
        ({ runId }) => runMark(runIndex(queue, new Map(), null, you, here), cellOf(runId), {}, () => '').cancellable,
      );
    expect(shown(me)).toEqual([null, 'mine']);
    expect(shown({ ...me, role: 'owner' })).toEqual(['bens', 'mine']);
    expect(shown({ ...me, role: 'viewer' })).toEqual([null, null]);
  });

  test('[P34] leaves out the runs of a notebook that shares the kernel and has cells of the same ids', () => {
    const elsewhere = { kind: 'cell' as const, cellId: cellOf('bens'), fileId: FileId.parse('elsewhere') };
    const theirs = { ...bens, target: elsewhere };
    const marks = [
      runIndex(queueView({ ...theirs, state: 'running' }, []), new Map(), null, me, here),
      runIndex(queueView(null, [theirs]), new Map(), null, me, here),
      runIndex(queueView(null, []), new Map([[theirs.runId, { ...theirs, state: 'failed' as const }]]), null, me, here),
    ].map((index) => runMark(index, cellOf('bens'), {}, () => 'hash').state);
    expect(marks).toEqual(['idle', 'idle', 'idle']);
    const ours = { ...bens, target: { ...elsewhere, fileId: here } };
    const index = runIndex(queueView({ ...ours, state: 'running' }, []), new Map(), null, me, here);
    expect(runMark(index, cellOf('bens'), {}, () => 'hash').state).toBe('running');
  });

  test('tells a run that was withdrawn from one that was stopped in the middle', () => {
    const shown = (startedAt: string | null): readonly string[] => {
      const ended = { ...bens, state: 'cancelled' as const, startedAt };
      const index = runIndex(queueView(null, []), new Map([[ended.runId, ended]]), null, me, here);
      return runMark(index, cellOf('bens'), {}, () => 'hash').parts;
    };
    expect([shown(null), shown('2026-01-01T00:00:00.000Z')]).toEqual([['Ben: withdrawn'], ['Ben: stopped']]);
  });

  test('[X11] says when the text has changed since Run was pressed', () => {
    const index = indexOf({ running: { ...bens, state: 'running' }, queued: [mine] });
    expect(runMark(index, cellOf('bens'), {}, () => 'other').changedSince).toBe(true);
    expect(runMark(index, cellOf('mine'), {}, () => 'other').changedSince).toBe(true);
    expect(runMark(index, cellOf('mine'), {}, () => 'hash').changedSince).toBe(false);
  });

  test('[X8] says for whose answer a running cell waits', () => {
    const prompt = {
      promptId: PromptId.parse('p'),
      runId: bens.runId,
      cellId: cellOf('bens'),
      asked: ben,
      text: '',
      password: false,
    };
    const index = runIndex(queueView({ ...bens, state: 'running' }, []), new Map(), prompt, me, here);
    expect(runMark(index, cellOf('bens'), {}, () => 'hash').parts).toEqual(['Ben', 'waits for Ben']);
  });

  test('tells how a run went and how long it took', () => {
    const times = { startedAt: '2026-01-01T00:00:01.000Z', finishedAt: '2026-01-01T00:00:01.400Z' };
    const finished = { ...bens, ...times, state: 'failed' } as const;
    const index = runIndex(queueView(null, []), new Map([[finished.runId, finished]]), null, me, here);
    expect(runMark(index, cellOf('bens'), {}, () => 'hash')).toMatchObject({
      state: 'failed',
      parts: ['Ben', 'failed', '0.4 s'],
    });
  });

  test('is read from the saved file when nobody ran the cell since', () => {
    const metadata = {
      cokernel: { run: { author: { name: 'Cleo' }, runId: 'r', state: 'succeeded' } },
      execution: { 'iopub.execute_input': '2026-01-01T00:00:00Z', 'shell.execute_reply': '2026-01-01T00:01:05Z' },
    };
    expect(runMark(indexOf({}), cellOf('x'), metadata, () => 'hash')).toMatchObject({
      state: 'succeeded',
      parts: ['Cleo', '1 min 5 s'],
    });
  });

  test('[M27] signs a cell that came from the terminal, but not a later run by somebody else', () => {
    const cokernel = { author: { name: 'Ben', client: 'terminal' } };
    expect(runMark(indexOf({}), cellOf('x'), { cokernel }, () => 'hash').parts).toEqual(['Ben', 'terminal']);
    const run = { author: { name: 'Ann' }, runId: 'r', state: 'succeeded' };
    expect(runMark(indexOf({}), cellOf('x'), { cokernel: { ...cokernel, run } }, () => 'hash').parts).toEqual(['Ann']);
  });

  test('is absent for a cell that nobody ran, and metadata of another shape does no harm', () => {
    expect(runMark(indexOf({}), cellOf('x'), {}, () => 'hash').parts).toEqual([]);
    expect(runMark(indexOf({}), cellOf('x'), { cokernel: 7, execution: 'x' }, () => 'hash').parts).toEqual([]);
  });
});

test.each([
  [12, '0.01 s'],
  [400, '0.4 s'],
  [12_300, '12 s'],
  [185_000, '3 min 5 s'],
])('a duration of %d ms reads %s', (milliseconds, text) => {
  expect(durationText(milliseconds)).toBe(text);
});
