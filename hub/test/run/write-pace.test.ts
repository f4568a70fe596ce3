/** How often one kernel may write. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WritePace } from '../../src/run/write-pace.js';

test('the first write after quiet is made at once, the next a frame later', () => {
  let now = 0;
  const pace = new WritePace({ gapMs: 16, perSecond: 60, now: () => now });
  expect(pace.wait(false)).toBe(0);
  pace.wrote();
  expect(pace.wait(false)).toBe(16);
  expect(pace.wait(true)).toBe(0);
  now = 10;
  expect(pace.wait(false)).toBe(6);
  now = 400;
  expect(pace.wait(false)).toBe(0);
});

test('[X16] in no second are there more than 60, however much there is to write', () => {
  const steps = fc.array(fc.record({ ms: fc.nat({ max: 30 }), isMuch: fc.boolean() }), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (asked) => {
      let now = 0;
      const pace = new WritePace({ gapMs: 16, perSecond: 60, now: () => now });
      const writes: number[] = [];
      for (const { ms, isMuch } of asked) {
        now += ms;
        if (pace.wait(isMuch) > 0) continue;
        pace.wrote();
        writes.push(now);
      }
      for (const from of writes) {
        expect(writes.filter((time) => time >= from && time < from + 1_000).length).toBeLessThanOrEqual(60);
      }
    }),
    { numRuns: 50 },
  );
});
