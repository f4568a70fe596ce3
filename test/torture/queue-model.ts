/**
 * The run queue against its model: random sequences of up to 30 steps are played on a store and on the pure model at once. Each
 * sequence is played on the embedded store, on Redis and on a Redis Cluster of three nodes, one after the other. Each round is 100
 * sequences on one of them.
 */
import { QueueModelStage, adapters } from '../../hub/test/contracts/queue-model-stage.js';
import type { Torture } from './harness/torture.js';

const SEQUENCES_A_ROUND = 100;

export const queueModel: Torture = {
  name: 'queue-model',
  rounds: 300,
  roundsPerStage: 30,
  async openStage(scratch) {
    const stage = await QueueModelStage.open(scratch.make('stores'));
    scratch.atEnd(() => stage.stop());
    return {
      async round(seed) {
        const { length } = adapters;
        const [adapter, of] = [adapters[(seed - 1) % length] ?? adapters[0], Math.ceil(seed / length)];
        const { sequences, steps } = await stage.compare(adapter, of, SEQUENCES_A_ROUND);
        return { what: `${adapter}: ${String(sequences)} sequences`, figures: { steps } };
      },
    };
  },
};
