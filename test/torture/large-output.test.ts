/** A short version of what prints and shows too much; the full one, with its figures, is `npm run torture -- large-output`. */
import { expect, test } from '@jest/globals';
import { failuresOf } from './harness/short-run.js';
import { largeOutput } from './large-output.js';

const short = largeOutput({
  lines: 50_000,
  plots: 30,
  progressMs: 3_000,
  quietMs: 300,
  mostCrossingMs: 1_000,
  // The thread that saves is let go only after a while, and this test does not wait for it.
  mostRssMoreMb: 300,
  roundsPerStage: 3,
});

test('[X5] [X16] prints, plots and progress bars that no document holds are read whole, while typing crosses', async () => {
  expect(await failuresOf(short, 1, 3)).toEqual([]);
}, 240_000);
