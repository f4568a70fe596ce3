/** A signature is known again for a while, and what is kept of them is bounded. */
import { expect, test } from '@jest/globals';
import { RecentSignatures } from '../../src/keeper/recent-signatures.js';

const signature = (number: number) => Buffer.from(`signature ${number}`);

test('[J3] a signature is known again as long as it is one of the newest, and forgotten in time', () => {
  const recent = new RecentSignatures(10);
  for (let number = 0; number < 100; number += 1) {
    expect(recent.isNew(signature(number))).toBe(true);
    for (let back = 0; back < Math.min(10, number + 1); back += 1)
      expect(recent.isNew(signature(number - back))).toBe(false);
  }
  expect(recent.isNew(signature(80))).toBe(true);
});
