/** A short version of the torture by killing the keeper; the full one is `npm run torture -- keeper-kill`. */
import { expect, test } from '@jest/globals';
import { failuresOf } from './harness/short-run.js';
import { keeperKill } from './keeper-kill.js';

// Among them one with the hub, one that loses its run, and one with another run in the queue.
const [FIRST_SEED, ROUNDS] = [23, 6];

test('[X7] [X11] a keeper that is killed leaves its kernels, no run runs twice, and a notice stands where output is missing', async () => {
  expect(await failuresOf(keeperKill, FIRST_SEED, ROUNDS)).toEqual([]);
}, 180_000);
