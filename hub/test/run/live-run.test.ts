/** One run's output on its way to its target: joined, in order, nothing lost. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { OutputEdit } from '@cokernel/proto/notebook';
import { DEFAULT_BOUNDS } from '../../src/run/bound-context.js';
import { LiveRun } from '../../src/run/live-run.js';
import type { FlushMark } from '../../src/run/run-outputs.js';
import { WritePace } from '../../src/run/write-pace.js';
import { says } from '../support/kernel-messages.js';
import { MemoryOutputs } from '../support/memory-outputs.js';
import { queuedRun } from '../support/queued-run.js';

interface Write {
  readonly edits: readonly OutputEdit[];
  readonly mark: FlushMark;
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

let writes: Write[];
let failures: unknown[];
let live: LiveRun;
let store: MemoryOutputs;

beforeEach(() => {
  jest.useFakeTimers();
  writes = [];
  store = new MemoryOutputs();
  failures = [];
  live = newLiveRun(null);
});

afterEach(() => {
  jest.useRealTimers();
});

function newLiveRun(resumed: FlushMark | null, textOf: (index: number) => string | null = () => null): LiveRun {
  const now = (): number => performance.now();
  return new LiveRun({
    run: queuedRun({ runId: 'r1' }),
    outputs: {
      begin: () => Promise.resolve(),
      resume: () => Promise.resolve(null),
      finish: () => Promise.resolve(),
      textOf: (_run, index) => textOf(index),
      write: (_run, edits, mark) =>
        new Promise<void>((done, fail) => {
          writes.push({ edits, mark, done, fail });
        }),
    },
    resumed,
    store,
    bounds: DEFAULT_BOUNDS,
    pace: new WritePace({ gapMs: 16, perSecond: 60, now }),
    lateMs: 1_000,
    now,
    onWriteFailed: (error) => failures.push(error),
  });
}

function print(seq: number, text: string): void {
  live.accept(says.prints('r1', text), { journalId: 'j', seq });
}

describe('output', () => {
  test('after quiet is written at once', () => {
    print(1, 'a');
    expect(writes.map(({ edits }) => edits)).toEqual([
      [{ type: 'append', output: { output_type: 'stream', name: 'stdout', text: 'a' } }],
    ]);
  });

  test('[X5] that follows within a frame of the screen is written together', () => {
    print(1, 'a');
    print(2, 'b');
    print(3, 'c');
    expect(writes).toHaveLength(1);
    jest.advanceTimersByTime(16);
    expect(writes).toHaveLength(2);
    expect(writes[1]?.edits).toEqual([{ type: 'replaceText', index: 0, from: 1, text: 'bc' }]);
  });

  test('is marked with the newest message that it holds', () => {
    print(4, 'a');
    print(5, 'b');
    print(6, 'c');
    jest.advanceTimersByTime(16);
    expect(writes.map(({ mark }) => mark.seq)).toEqual([4, 6]);
    expect(writes[1]?.mark.reducerState).toMatchObject({ output: { appended: 1 } });
  });

  test('of which there is much is written before its time', () => {
    print(1, 'a');
    print(2, 'b'.repeat(60 * 1024));
    expect(writes).toHaveLength(1);
    print(3, 'c'.repeat(60 * 1024));
    expect(writes).toHaveLength(2);
  });

  test('[X16] of a flood is written 60 times a second at most, whatever its size, and first at once', async () => {
    const times: number[] = [];
    const began = performance.now();
    for (let n = 0; n < 1_900; n += 1) {
      const before = writes.length;
      const text = n % 10 < 5 ? 'x'.repeat(40 * 1024) : '.';
      live.accept(says.shows('r1', { 'text/plain': text }), { journalId: 'j', seq: n + 1 });
      await jest.advanceTimersByTimeAsync(1);
      for (let more = before; more < writes.length; more += 1) times.push(performance.now() - began);
    }
    expect(times[0]).toBeLessThanOrEqual(1);
    for (const from of times) {
      expect(times.filter((time) => time >= from && time < from + 999).length).toBeLessThanOrEqual(60);
    }
    expect(times.length).toBeGreaterThan(60);
  });

  test('that is no output writes nothing', () => {
    live.accept(says.busy('r1'), { journalId: 'j', seq: 1 });
    jest.advanceTimersByTime(100);
    expect(writes).toEqual([]);
  });
});

describe('[X7] a run that an earlier owner began', () => {
  const earlier = (): FlushMark => {
    print(1, 'one ');
    print(2, 'two');
    jest.advanceTimersByTime(16);
    const mark = JSON.parse(JSON.stringify(writes.at(-1)?.mark)) as FlushMark;
    writes = [];
    return mark;
  };

  test('takes each message once: what was stored is passed over, and text goes on behind it', () => {
    live = newLiveRun(earlier());
    print(1, 'one ');
    print(2, 'two');
    print(3, ' three');
    jest.advanceTimersByTime(16);
    expect(writes.map(({ edits }) => edits)).toEqual([[{ type: 'replaceText', index: 0, from: 7, text: ' three' }]]);
  });

  test('takes all of another journal, whose numbers mean nothing here', () => {
    live = newLiveRun({ ...earlier(), journalId: 'other' });
    print(1, '!');
    expect(writes[0]?.edits).toEqual([{ type: 'replaceText', index: 0, from: 7, text: '!' }]);
  });

  test('says where output may be missing, once, and not where it was stored', () => {
    live = newLiveRun(earlier());
    live.missed({ journalId: 'j', seq: 2 }, 'gap');
    expect(writes).toEqual([]);
    live.missed({ journalId: 'j', seq: 4 }, 'gap');
    live.missed({ journalId: 'j', seq: 4 }, 'gap');
    jest.advanceTimersByTime(16);
    expect(writes.flatMap(({ edits }) => edits)).toEqual([
      { type: 'append', output: { output_type: 'stream', name: 'stderr', text: 'gap' } },
    ]);
  });

  test('shows it between what was said before and after', () => {
    live = newLiveRun(earlier());
    live.missed({ journalId: 'j', seq: 4 }, 'gap');
    print(5, 'after');
    jest.advanceTimersByTime(16);
    expect(writes.flatMap(({ edits }) => edits)).toEqual([
      { type: 'append', output: { output_type: 'stream', name: 'stderr', text: 'gap' } },
      { type: 'append', output: { output_type: 'stream', name: 'stdout', text: 'after' } },
    ]);
  });

  test('knows the question that was answered', async () => {
    const answered = live.answered('q1', 'name? Ann\n');
    writes[0]?.done();
    await answered;
    const mark = writes[0]?.mark ?? null;
    expect(newLiveRun(mark).wasAnswered('q1')).toBe(true);
    expect(newLiveRun(mark).wasAnswered('q2')).toBe(false);
  });

  test('is refused when what was stored can’t be read', () => {
    expect(() => newLiveRun({ journalId: 'j', seq: 1, reducerState: { appended: 1 }, end: null })).toThrow();
  });
});

describe('drained', () => {
  test('writes what waits, and resolves when all of it is durable', async () => {
    print(1, 'a');
    print(2, 'b');
    let drained = false;
    const waiting = live.drained().then(() => {
      drained = true;
    });
    expect(writes).toHaveLength(2);
    writes[1]?.done();
    await jest.advanceTimersByTimeAsync(0);
    expect(drained).toBe(false);
    writes[0]?.done();
    await waiting;
    expect(drained).toBe(true);
  });

  test('resolves after a write that failed, which is told', async () => {
    print(1, 'a');
    writes[0]?.fail(new Error('the disk is full'));
    await live.drained();
    expect(failures).toEqual([new Error('the disk is full')]);
  });
});
