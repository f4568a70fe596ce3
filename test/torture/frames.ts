/**
 * Frames that nobody should take, at every door of a keeper: what a kernel says on its ZeroMQ sockets, what is said at the
 * keeper's own socket, and what a stranger sends to a kernel past its keeper. Each round is 2,000 of them, and 200 that go
 * to the kernel past its keeper.
 */
import { FramesStage } from '../../hub/test/frames/frames-stage.js';
import type { Torture } from './harness/torture.js';

const FRAMES_A_ROUND = 2_000;

export const frames: Torture = {
  name: 'frames',
  rounds: 50,
  roundsPerStage: 25,
  async openStage(scratch) {
    const stage = await FramesStage.open();
    scratch.atEnd(() => stage.stop());
    return {
      async round(seed) {
        const figures = await stage.round(seed, FRAMES_A_ROUND);
        return { what: `${figures.counted + figures.besideKeeper} bad frames`, figures: { ...figures } };
      },
    };
  },
};
