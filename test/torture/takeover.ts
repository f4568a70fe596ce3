/**
 * How long nobody leads: from SIGKILL of the leading hub to the first run that the next one starts, for which people ask
 * in the very moment. A round fails when that takes longer than the lease and what is allowed beyond.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from './harness/random.js';
import type { Round, Torture } from './harness/torture.js';
import { askFor } from './support/asked-runs.js';
import { ClusterSiege } from './support/cluster-siege.js';

const ROUNDS_A_LEASE = 20;
const leases = [500, 10_000] as const;

export interface TakeoverBounds {
  /** Beyond the lease, from the death to the first run. */
  readonly mostBeyondMs: number;
}

export function takeover({ mostBeyondMs }: TakeoverBounds): Torture {
  return {
    name: 'takeover',
    rounds: ROUNDS_A_LEASE * leases.length,
    roundsPerStage: ROUNDS_A_LEASE,
    async openStage(scratch, seed) {
      const leaseMs = leases[Math.floor((seed - 1) / ROUNDS_A_LEASE) % leases.length] ?? leases[0];
      const siege = await ClusterSiege.open(scratch, { leaseMs });
      return { round: (each) => playRound(siege, { seed: each, leaseMs, mostBeyondMs }) };
    },
  };
}

interface TakeoverRound extends TakeoverBounds {
  readonly seed: number;
  readonly leaseMs: number;
}

async function playRound(siege: ClusterSiege, { seed, leaseMs, mostBeyondMs }: TakeoverRound): Promise<Round> {
  const random = new Random(seed);
  await siege.whole();
  const { ann, ben } = siege.people;
  // At any time between two renewals of the lease.
  await delay(random.between(0, leaseMs / 3));
  const leader = await siege.leader();
  await leader.kill();
  const killed = Date.now();
  const asked = await Promise.all([askFor(ann, ['quick']), askFor(ben, ['again'])]);
  const runIds = asked.flatMap((each) => each.runIds);
  siege.accepted.push(...runIds);
  await siege.settle();
  siege.startAgain(leader);
  const found = await siege.faults();
  const takeoverMs = siege.firstStart(runIds) - killed;
  const late =
    takeoverMs > leaseMs + mostBeyondMs ? [`the first run began ${Math.round(takeoverMs)} ms after the death`] : [];
  if (found.length + late.length > 0) throw new Error([...found, ...late].join('\n  '));
  return { what: `lease of ${leaseMs} ms`, figures: { takeoverMs } };
}
