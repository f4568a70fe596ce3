/** When a run is said to take longer than the rules of its queue allow, and what the kernel session does then. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DEFAULT_QUEUE_RULES, RunId, type RunView } from '@cokernel/proto/hub';
import { initialState } from '../../src/run/kernel-session-model.js';
import type { SessionEffect, SessionEvent, Transition } from '../../src/run/kernel-session-model.js';
import { transition } from '../../src/run/kernel-session-state.js';
import type { QueueSnapshot } from '../../src/run/run-queue.js';
import { RunTimeLimit } from '../../src/run/run-time-limit.js';
import { says } from '../support/kernel-messages.js';
import { queuedRun } from '../support/queued-run.js';

const begun = '2026-01-01T00:00:00.000Z';
let told: string[];
let limit: RunTimeLimit;

beforeEach(() => {
  jest.useFakeTimers({ now: Date.parse(begun) });
  told = [];
  limit = new RunTimeLimit({
    clock: () => new Date(),
    onPassed: (runId, mostSeconds) => told.push(`${runId} ${String(mostSeconds)}`),
  });
});

afterEach(() => {
  limit.stop();
  jest.useRealTimers();
});

const run = (runId: string): RunView => ({ ...queuedRun({ runId }).view, state: 'running', startedAt: begun });

function queue(number: number, running: RunView | null, mostSeconds: number | null): QueueSnapshot {
  return { number, held: null, rules: { ...DEFAULT_QUEUE_RULES, mostSeconds }, running, queued: [] };
}

test('[M23] a run that takes longer is told, and again as long as it goes on', () => {
  limit.queueIs(queue(1, run('long'), 60));
  jest.advanceTimersByTime(59_999);
  expect(told).toEqual([]);
  jest.advanceTimersByTime(1);
  limit.queueIs(queue(2, run('long'), 60));
  jest.advanceTimersByTime(20_000);
  expect(told).toEqual(['long 60', 'long 60', 'long 60']);
  limit.queueIs(queue(3, null, 60));
  jest.advanceTimersByTime(600_000);
  expect(told).toHaveLength(3);
});

test('each run has the whole time; one that ends in time is not told', () => {
  limit.queueIs(queue(1, run('one'), 60));
  jest.advanceTimersByTime(50_000);
  limit.queueIs(queue(2, { ...run('two'), startedAt: new Date().toISOString() }, 60));
  jest.advanceTimersByTime(50_000);
  expect(told).toEqual([]);
  jest.advanceTimersByTime(10_000);
  expect(told).toEqual(['two 60']);
});

test('another limit counts at once, from the time at which the run began; an older queue counts no more', () => {
  limit.queueIs(queue(2, run('long'), null));
  jest.advanceTimersByTime(100_000);
  limit.queueIs(queue(1, run('long'), 1));
  jest.advanceTimersByTime(1_000);
  expect(told).toEqual([]);
  limit.queueIs(queue(3, run('long'), 60));
  jest.advanceTimersByTime(0);
  expect(told).toEqual(['long 60']);
  limit.queueIs(queue(4, run('long'), null));
  jest.advanceTimersByTime(600_000);
  expect(told).toHaveLength(1);
});

test('nothing is told after the end', () => {
  limit.queueIs(queue(1, run('long'), 60));
  limit.stop();
  limit.stop();
  jest.advanceTimersByTime(600_000);
  expect(told).toEqual([]);
});

describe('a run of a kernel session that takes too long', () => {
  const taken = queuedRun({ runId: 'r1' });
  const tooLong = { type: 'timeLimitPassed', runId: taken.view.runId, mostSeconds: 60 } as const;
  const arrived = (message: ReturnType<typeof says.ok>): SessionEvent => ({
    type: 'messageArrived',
    message,
    at: begun,
  });
  const kernelInfo = { protocol_version: '5.3', implementation: 'i', banner: '', language_info: { name: 'python' } };
  const running: SessionEvent[] = [
    { type: 'kernelBecameReady', kernelInfo, at: begun },
    { type: 'runTaken', run: taken },
  ];
  const busy = [...running, arrived(says.busy('r1'))];

  /** What the last of these events brings about. */
  function effectsOf(...events: readonly SessionEvent[]): readonly SessionEffect[] {
    const first: Transition = { state: initialState, effects: [] };
    return events.reduce(({ state }, event) => transition(state, event), first).effects;
  }
  const endOf = (...events: readonly SessionEvent[]) =>
    effectsOf(...events, arrived(says.idle('r1'))).find((effect) => effect.type === 'settle')?.end;

  test('[P49] [M23] is interrupted, its author is told once, and its end says why', () => {
    expect(effectsOf(...busy, tooLong)).toEqual([
      { type: 'tellOverTime', run: taken, mostSeconds: 60 },
      { type: 'interruptKernel' },
    ]);
    expect(effectsOf(...busy, tooLong, tooLong)).toEqual([{ type: 'interruptKernel' }]);
    expect(endOf(...busy, tooLong, arrived(says.failed('r1')))).toMatchObject({
      state: 'failed',
      reason: 'interrupted: the time limit of this queue is 60 s a run',
    });
  });

  test('[P49] and had not begun is interrupted when it begins', () => {
    expect(effectsOf(...running, tooLong).map(({ type }) => type)).toEqual(['tellOverTime']);
    expect(effectsOf(...running, tooLong, arrived(says.busy('r1')))).toContainEqual({ type: 'interruptKernel' });
  });

  test('and ends well all the same has no reason to tell', () => {
    expect(endOf(...busy, tooLong, arrived(says.ok('r1')))).toMatchObject({ state: 'succeeded', reason: null });
  });

  test('[X21] and was over when its time was leaves the next one alone', () => {
    expect(effectsOf(...busy, { ...tooLong, runId: RunId.parse('r0') })).toEqual([]);
  });
});
