/** One run's output on its way to its target: joined, in order, nothing lost. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { OutputEdit } from '@cokernel/proto/notebook';
import { LiveRun } from '../../src/run/live-run.js';
import type { FlushMark } from '../../src/run/run-outputs.js';
import { says } from '../support/kernel-messages.js';
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

beforeEach(() => {
  jest.useFakeTimers();
  writes = [];
  failures = [];
  live = new LiveRun({
    run: queuedRun({ runId: 'r1' }),
    outputs: {
      begin: () => Promise.resolve(),
      finish: () => Promise.resolve(),
      write: (_run, edits, mark) =>
        new Promise<void>((done, fail) => {
          writes.push({ edits, mark, done, fail });
        }),
    },
    coalesceMs: 16,
    now: () => performance.now(),
    onWriteFailed: (error) => failures.push(error),
  });
});

afterEach(() => {
  jest.useRealTimers();
});

function print(seq: number, text: string): void {
  live.accept(says.prints('r1', text), seq);
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
    expect(writes[1]?.mark.reducerState).toMatchObject({ appended: 1 });
  });

  test('of a flood is written in bounded pieces', () => {
    for (let n = 0; n < 5_000; n += 1) live.accept(says.raises('r1'), n);
    const sizes = writes.map(({ edits }) => edits.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000);
    expect(sizes.length).toBeGreaterThan(2);
  });

  test('that is no output writes nothing', () => {
    live.accept(says.busy('r1'), 1);
    jest.advanceTimersByTime(100);
    expect(writes).toEqual([]);
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
