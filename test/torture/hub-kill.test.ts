/** A short version of the torture by killing the hub; the full one is `npm run torture -- hub-kill`. */
import { expect, test } from '@jest/globals';
import { failuresOf } from './harness/short-run.js';
import { hubKill } from './hub-kill.js';

// Among them a second kill, a hub that is told to stop, a kill at the very beginning and one at the end.
const [FIRST_SEED, ROUNDS] = [4, 6];

test('[X7] [X19] [M31] a hub that is killed while a cell prints loses no line, doubles none, and runs nothing twice', async () => {
  expect(await failuresOf(hubKill, FIRST_SEED, ROUNDS)).toEqual([]);
}, 180_000);
