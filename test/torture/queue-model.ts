/**
 * The run queue against its model: random sequences of up to 30 steps are played on a store and on the pure model at once. Each
 * seed is played on the embedded store and, in the next round, on Redis. Each round is 100 sequences on one of them.
 */
import { QueueModelStage, adapters } from '../../hub/test/contracts/queue-model-stage.js';
import type { Torture } from './harness/torture.js';

const SEQUENCES_A_ROUND = 100;

export const queueModel: Torture = {
  name: 'queue-model',
  rounds: 200,
  roundsPerStage: 20,
  async openStage(scratch) {
    const stage = await QueueModelStage.open(scratch.make('stores'));
    scratch.atEnd(() => stage.stop());
    return {
      async round(seed) {
        const [adapter, of] = [adapters[(seed - 1) % 2] ?? adapters[0], Math.ceil(seed / 2)];
        const { sequences, steps } = await stage.compare(adapter, of, SEQUENCES_A_ROUND);
        return { what: `${adapter}: ${String(sequences)} sequences`, figures: { steps } };
      },
    };
  },
};
