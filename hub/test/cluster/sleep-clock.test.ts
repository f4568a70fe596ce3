import { expect, test } from '@jest/globals';
import { sleepClock } from '../../src/cluster/sleep-clock.js';

test('[P56] the time in which the machine slept counts, and the clock never goes back', () => {
  const at = { monotonic: 100, wall: 5_000 };
  const now = sleepClock(
    () => at.monotonic,
    () => at.wall,
  );
  expect(now()).toBe(100);
  Object.assign(at, { monotonic: 110, wall: 5_010 });
  expect(now()).toBe(110);
  // A minute's sleep.
  Object.assign(at, { monotonic: 111, wall: 65_011 });
  expect(now()).toBe(60_111);
  // The wall clock is put back.
  Object.assign(at, { monotonic: 121, wall: 1_000 });
  expect(now()).toBe(60_121);
});
