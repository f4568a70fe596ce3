/**
 * Two hubs serve one folder, and one of them, or Redis, fails while two people ask for runs at both. After each round no
 * run has run twice and none is forgotten, the keeper was sent each once and never by a hub that another had taken over
 * from, both people's queues are that of Redis, and all copies of the notebook are the same and complete.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from './harness/random.js';
import type { Round, Torture } from './harness/torture.js';
import { askAgain, askFor, chooseWishes, withdrawOwn, type Asked, type RoundWishes } from './support/asked-runs.js';
import { ownerKill, ownerStop, redisCut, redisKill, type ChooseFault } from './support/cluster-faults.js';
import { ClusterSiege } from './support/cluster-siege.js';

const LEASE_MS = 500;

const faults = { 'owner-kill': ownerKill, 'owner-stop': ownerStop, 'redis-kill': redisKill, 'redis-cut': redisCut };
export type ManyHubsFault = keyof typeof faults;

export function manyHubs(fault: ManyHubsFault, rounds: number): Torture {
  return tortureBy(fault, rounds, () => faults[fault]);
}

/** Each of the four in turn, for the few rounds of `npm test`. */
export const everyFault: Torture = tortureBy('many-hubs', Object.keys(faults).length, (seed) => {
  const each = Object.values(faults);
  return each[seed % each.length] ?? ownerKill;
});

function tortureBy(name: string, rounds: number, faultOf: (seed: number) => ChooseFault): Torture {
  return {
    name,
    rounds,
    roundsPerStage: 25,
    async openStage(scratch) {
      const siege = await ClusterSiege.open(scratch, { leaseMs: LEASE_MS });
      return { round: (seed) => playRound(siege, faultOf(seed), seed) };
    },
  };
}

async function playRound(siege: ClusterSiege, choose: ChooseFault, seed: number): Promise<Round> {
  const random = new Random(seed);
  const fault = choose(random, LEASE_MS);
  const [wishes, strikeAfterMs] = [chooseWishes(random), random.between(0, 1_000)];
  const what = `${fault.what}, ${strikeAfterMs} ms after the beginning`;
  try {
    await siege.whole();
    siege.type();
    const begun = Date.now();
    const gate = wishes.gateBy === null ? null : askFor(siege.people[wishes.gateBy], ['gate']);
    if (wishes.withdrawal !== null) siege.withdrawers.add(siege.people[wishes.withdrawal.who].name);
    const asking = askAll(siege, wishes);
    // Heard below; until then they must not count as unheard.
    for (const each of [gate, asking]) each?.catch(() => undefined);
    await delay(strikeAfterMs - (Date.now() - begun));
    await fault.strike(siege);
    const struck = Date.now();
    const asked = await asking;
    if (gate !== null) asked.push(await passGate(siege, await gate, asked));
    siege.accepted.push(...asked.flatMap(({ runIds }) => runIds));
    await siege.settle();
    const settleMs = Date.now() - struck;
    const found = [...(await siege.faults()), ...(await otherAnswers(asked))];
    if (found.length > 0) throw new Error(found.join('\n  '));
    return { what, figures: { settleMs, runs: asked.flatMap(({ runIds }) => runIds).length } };
  } catch (error) {
    throw new Error(`${what}\n  ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Resolves with what was answered to each request. */
async function askAll(siege: ClusterSiege, { wishes, withdrawal }: RoundWishes): Promise<Asked[]> {
  const withdrawing =
    withdrawal === null ? null : delay(withdrawal.afterMs).then(() => withdrawOwn(siege.people[withdrawal.who]));
  const asking = wishes.map(async ({ afterMs, who, cells }) => {
    await delay(afterMs);
    return askFor(siege.people[who], cells);
  });
  const [asked] = await Promise.all([Promise.all(asking), withdrawing]);
  return asked;
}

/** While one run waits at the gate and others behind it, both queues must be that of Redis, in its order. */
async function passGate(siege: ClusterSiege, gate: Asked, asked: readonly Asked[]): Promise<Asked> {
  const [gateId = ''] = gate.runIds;
  const behind = new Set<string>(asked.flatMap(({ runIds }) => runIds));
  await siege.queuesAgree(({ running, queued }) => running === gateId || !queued.some((runId) => behind.has(runId)));
  siege.openGate(gateId);
  return gate;
}

/** Who asks again with the same request id gets the same runs, whichever hub leads now. */
async function otherAnswers(asked: readonly Asked[]): Promise<readonly string[]> {
  const again = await Promise.all(asked.map(askAgain));
  return asked.flatMap(({ runIds, requestId }, index) => {
    const [first, second] = [runIds.join(), again[index]?.join()];
    return first === second ? [] : [`request ${requestId} was answered ${first}, and again ${second ?? 'nothing'}`];
  });
}
