/** A short version of the flood; the full one, with its figures, is `npm run torture -- flood`. */
import { expect, test } from '@jest/globals';
import { flood } from './flood.js';
import { failuresOf } from './harness/short-run.js';

const short = flood({ floodMs: 4_000, quietMs: 500, interrupts: 0 });

test('[X5] [X21] a kernel that prints without end fills no memory, is ended by an interrupt, and leaves another kernel its turn', async () => {
  expect(await failuresOf(short, 1, 1)).toEqual([]);
}, 180_000);
