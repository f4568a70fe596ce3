/**
 * A big class: many stock clients at each of two hubs, in one room where a cell prints and people type; then the leading hub
 * is killed. All must be back in time, and see the same notebook with each line and each word in it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { openSession } from '../end-to-end/support/plain-client.js';
import type { Scratch } from '../end-to-end/support/scratch.js';
import { until } from '../end-to-end/support/until.js';
import { Random } from './harness/random.js';
import type { Round, Torture } from './harness/torture.js';
import { askFor } from './support/asked-runs.js';
import { documentOf } from './support/cluster-copies.js';
import { ClusterSiege, NOTEBOOK, NOTES_OF_CROWD } from './support/cluster-siege.js';
import { Crowd } from './support/crowd.js';
import type { CrowdOrder, CrowdView } from './support/crowd-order.js';

/** A hub that is killed is missed for at most so long and a little more; the default of 10 s would be twice what is wanted. */
const LEASE_MS = 2_000;
const TYPISTS = 4;
const SETTLE_WITHIN_MS = 60_000;

export interface TwoHubsSize {
  /** At each hub. */
  readonly clients: number;
  /** From the death until the last client has seen what somebody typed after it. */
  readonly mostBackMs: number;
}

export function twoHubs(size: TwoHubsSize): Torture {
  return {
    name: 'two-hubs',
    rounds: 10,
    roundsPerStage: 5,
    async openStage(scratch) {
      const siege = await ClusterSiege.open(scratch, { leaseMs: LEASE_MS });
      const crowds = await gather(scratch, siege, size.clients);
      return { round: (seed) => playRound(siege, crowds, seed, size) };
    },
  };
}

/** One crowd at each hub. */
async function gather(scratch: Scratch, siege: ClusterSiege, clients: number): Promise<readonly Crowd[]> {
  const { hubs } = siege.cluster;
  const [first] = hubs;
  if (first === undefined) throw new Error('a cluster has hubs');
  const { token } = first;
  const session = await openSession(first, NOTEBOOK);
  return Promise.all(
    hubs.map(async (own) => {
      const ports = [own, ...hubs.filter((other) => other !== own)].map(({ port }) => port);
      const crowd = Crowd.start(scratch);
      await crowd.tell({ order: 'join', ports, token, ...session, clients });
      return crowd;
    }),
  );
}

async function playRound(
  siege: ClusterSiege,
  crowds: readonly Crowd[],
  seed: number,
  size: TwoHubsSize,
): Promise<Round> {
  const random = new Random(seed);
  await siege.whole();
  await tellAll(crowds, (index) => ({
    ...{ order: 'type', cellId: NOTES_OF_CROWD, mark: `s${seed}c${index}` },
    ...{ typists: TYPISTS, everyMs: 500 },
  }));
  const { runIds } = await askFor(siege.people.ann, ['long']);
  siege.accepted.push(...runIds);
  await delay(random.between(300, 3_000));
  const leader = await siege.leader();
  const word = `back-${seed}`;
  await tellAll(crowds, () => ({ order: 'expect', cellId: NOTES_OF_CROWD, word }));
  await leader.kill();
  const killed = Date.now();
  siege.people.ann.append(NOTES_OF_CROWD, `${word}\n`);
  const backMs = (await allBack(crowds)) - killed;
  siege.startAgain(leader);
  await tellAll(crowds, () => ({ order: 'stop' }));
  await siege.settle();
  const words = await allSeeTheSame(siege, crowds);
  const found = [...(await siege.faults()), ...missingWords(siege, words)];
  if (backMs > size.mostBackMs) found.push(`the last client was back after ${backMs} ms`);
  if (found.length > 0) throw new Error(found.join('\n  '));
  return { what: `${size.clients} clients at each hub`, figures: { backMs, words: words.length } };
}

/** Resolves with the moment in which the last client saw what Ann typed after the death. */
async function allBack(crowds: readonly Crowd[]): Promise<number> {
  let views: readonly CrowdView[] = [];
  const isBack = async (): Promise<boolean> => {
    views = await tellAll(crowds, () => ({ order: 'look' }));
    return views.every(({ sawAt }) => !sawAt.includes(null));
  };
  await until('all clients to be back', isBack, {
    withinMs: SETTLE_WITHIN_MS,
    state: () => views.map(({ synced }) => `${synced} are in step`).join(', '),
  });
  return Math.max(...views.flatMap(({ sawAt }) => sawAt.map((at) => at ?? 0)));
}

/** Resolves with the words that the crowds typed, when all documents are the same. */
async function allSeeTheSame(siege: ClusterSiege, crowds: readonly Crowd[]): Promise<readonly string[]> {
  const { ann, ben } = siege.people;
  let views: readonly CrowdView[] = [];
  const isSame = async (): Promise<boolean> => {
    views = await tellAll(crowds, () => ({ order: 'compare' }));
    const hashes = new Set(views.flatMap(({ documents }) => Object.keys(documents)));
    return hashes.size === 1 && documentOf(ann) === documentOf(ben) && missingWords(siege, wordsOf(views)).length === 0;
  };
  await until('all clients to see the same', isSame, {
    withinMs: SETTLE_WITHIN_MS,
    state: () => views.map(({ documents }) => JSON.stringify(documents)).join(', '),
  });
  return wordsOf(views);
}

function wordsOf(views: readonly CrowdView[]): readonly string[] {
  return views.flatMap(({ words }) => words);
}

/** Each stands in the notebook once. */
function missingWords(siege: ClusterSiege, words: readonly string[]): readonly string[] {
  const lines = siege.people.ann.source(NOTES_OF_CROWD).split('\n');
  return words.flatMap((word) => {
    const times = lines.filter((line) => line === word).length;
    return times === 1 ? [] : [`'${word}' is there ${times} times`];
  });
}

async function tellAll(crowds: readonly Crowd[], order: (index: number) => CrowdOrder): Promise<readonly CrowdView[]> {
  return Promise.all(crowds.map((crowd, index) => crowd.tell(order(index))));
}
