/** A short version of the torture by editing; the full one is `npm run torture -- edits`. */
import { expect, test } from '@jest/globals';
import { edits } from './edits.js';
import { failuresOf } from './harness/short-run.js';

// In each something happens, in three of them three things at once: cut off, killed, changed on disk, another history.
const [FIRST_SEED, ROUNDS] = [3, 6];

test('[X1] [X3] three people, a cut line, a killed hub, another history and a change on disk lose no word and double none', async () => {
  expect(await failuresOf(edits, FIRST_SEED, ROUNDS)).toEqual([]);
}, 180_000);
