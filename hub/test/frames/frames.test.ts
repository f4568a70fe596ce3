/** Bad frames from kernels and at the keeper's socket: a short, seeded part of the torture `frames`. */
import { afterEach, expect, test } from '@jest/globals';
import { FramesStage } from './frames-stage.js';

let stage: FramesStage | null = null;

afterEach(() => stage?.stop());

test('[J3] bad frames at every door of the keeper are counted, each, and nobody who works with a kernel notices', async () => {
  stage = await FramesStage.open();
  for (const seed of [1, 2]) {
    const { counted, besideKeeper, runs } = await stage.round(seed, 1_000);
    expect([counted, besideKeeper]).toEqual([1_000, 100]);
    expect(runs).toBeGreaterThan(2);
  }
});
