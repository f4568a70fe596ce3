/** A short run of the comparison with the model; the full one is `npm run torture -- queue-model`. */
import { expect, test } from '@jest/globals';
import { compareWithModel } from './queue-comparison.js';
import type { QueueStore } from './run-queue-contract.js';

const SEED = 1;
const SEQUENCES = 100;

export function runQueueModel(openStore: () => Promise<QueueStore>): void {
  test('any sequence of steps answers, tells and keeps what the model does', async () => {
    const { sequences, steps } = await compareWithModel(openStore, { seed: SEED, sequences: SEQUENCES });
    expect(sequences).toBe(SEQUENCES);
    expect(steps).toBeGreaterThan(SEQUENCES);
  }, 120_000);
}
