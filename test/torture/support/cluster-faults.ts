/** What befalls a cluster in a round: chosen by the seed, and over when `strike` resolves but for hubs that are being started again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterHub } from '../../end-to-end/support/cluster.js';
import type { Random } from '../harness/random.js';
import type { ClusterSiege } from './cluster-siege.js';
import { cutManners } from './fault-wire.js';

interface ClusterFault {
  /** For who reads the progress. */
  readonly what: string;
  strike(siege: ClusterSiege): Promise<void>;
}

export type ChooseFault = (random: Random, leaseMs: number) => ClusterFault;

/** The leading hub gets SIGKILL, and is started again. One time in eight the one that leads then, too. */
export const ownerKill: ChooseFault = (random) => {
  const againAfterMs = random.between(0, 400);
  const second = random.onceIn(8) ? random.between(0, 1_500) : null;
  const then = second === null ? '' : `, and ${second} ms later the next`;
  return {
    what: `the leading hub is killed and started ${againAfterMs} ms later${then}`,
    async strike(siege) {
      const first = await siege.leader();
      await first.kill();
      await delay(againAfterMs);
      siege.startAgain(first);
      if (second === null) return;
      await delay(second);
      const next = await siege.leader();
      if (next !== first) await killed(siege, next);
    },
  };
};

async function killed(siege: ClusterSiege, hub: ClusterHub): Promise<void> {
  await hub.kill();
  siege.startAgain(hub);
}

/** The leading hub is held for longer than its lease, and goes on in the belief that it leads. */
export const ownerStop: ChooseFault = (random, leaseMs) => {
  const heldMs = leaseMs + random.between(100, 3 * leaseMs);
  return {
    what: `the leading hub is held for ${heldMs} ms`,
    async strike(siege) {
      const hub = await siege.leader();
      hub.pause();
      await delay(heldMs);
      hub.resume();
    },
  };
};

/** Redis is killed, and started again with what it has on disk. */
export const redisKill: ChooseFault = (random, leaseMs) => {
  const awayMs = random.between(0, 3 * leaseMs);
  return {
    what: `Redis is killed and started ${awayMs} ms later`,
    async strike({ cluster: { redis } }) {
      await redis.kill();
      await delay(awayMs);
      await redis.start();
    },
  };
};

/** One hub, mostly the one that leads, is cut off from Redis and keeps its clients. */
export const redisCut: ChooseFault = (random, leaseMs) => {
  const [manner, awayMs] = [random.pick(cutManners), random.between(50, 6 * leaseMs)];
  const isLeader = !random.onceIn(4);
  return {
    what: `the ${isLeader ? 'leading' : 'relaying'} hub is cut off from Redis for ${awayMs} ms (${manner})`,
    async strike(siege) {
      const leader = await siege.leader();
      const hub = isLeader ? leader : siege.cluster.hubs.find((each) => each !== leader);
      const wire = siege.wireOf(hub ?? leader);
      wire.cut(manner);
      await delay(awayMs);
      wire.mend();
    },
  };
};
