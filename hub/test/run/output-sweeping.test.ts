import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { OutputStore } from '../../src/run/output-store.js';
import { OutputSweeping } from '../../src/run/output-sweeping.js';
import { MemoryOutputs } from '../support/memory-outputs.js';

const DAY_MS = 24 * 3_600_000;

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2026-01-08T00:00:00Z') });
});
afterEach(() => {
  jest.useRealTimers();
});

type Sweep = OutputStore['sweep'];

function sweepingOf(
  sweep: Sweep,
  letGo = () => Promise.resolve(),
): { readonly sweeping: OutputSweeping; readonly said: string[] } {
  const said: string[] = [];
  const say = (_: object, message: string): void => void said.push(message);
  const outputs = Object.assign(new MemoryOutputs(), { sweep });
  const log = { info: say, warn: say, error: say };
  return { sweeping: new OutputSweeping({ outputs, letGo, clock: () => new Date(), log }), said };
}

test('[P44] what nobody has referred to for seven days is removed when the hub starts, and once a day', async () => {
  const swept: string[] = [];
  const sweep: Sweep = (before) => {
    swept.push(before.toISOString().slice(0, 10));
    return Promise.resolve({ removed: Math.floor(swept.length / 2) - 1, bytes: 1 });
  };
  const letGo = (): Promise<void> => {
    swept.push('let go');
    return swept.length === 1 ? Promise.reject(new Error('no disk')) : Promise.resolve();
  };
  const { sweeping, said } = sweepingOf(sweep, letGo);
  sweeping.start();
  await jest.advanceTimersByTimeAsync(2 * DAY_MS);
  expect(swept).toEqual(['let go', '2026-01-01', 'let go', '2026-01-02', 'let go', '2026-01-03']);
  const removed = 'stored outputs that nobody refers to were removed';
  expect(said).toEqual(['stored outputs were not let go', removed, removed]);
  await sweeping.stop();
  await sweeping.stop();
  await jest.advanceTimersByTimeAsync(2 * DAY_MS);
  expect(swept).toHaveLength(6);
});

test('a sweep that fails is told, the next one is tried, and the end waits for the one under way', async () => {
  let fails = true;
  let finish = (): void => undefined;
  const { sweeping, said } = sweepingOf(() => {
    if (fails) return Promise.reject(new Error('no disk'));
    return new Promise((resolve) => (finish = () => resolve({ removed: 0, bytes: 0 })));
  });
  sweeping.start();
  await jest.advanceTimersByTimeAsync(1);
  expect(said).toEqual(['stored outputs were not swept']);
  fails = false;
  await jest.advanceTimersByTimeAsync(DAY_MS);
  let stopped = false;
  const stopping = sweeping.stop().then(() => (stopped = true));
  await jest.advanceTimersByTimeAsync(1);
  expect(stopped).toBe(false);
  finish();
  await stopping;
});
