/**
 * The hub is killed while a cell prints 10,000 numbered lines; two clients come back by themselves. After each round every
 * line is there once and in order, in both clients' documents, in the hub's and in the file; the cell ran once and
 * succeeded; nothing that was typed meanwhile is lost; the queue goes on.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from './harness/random.js';
import type { Round, Torture } from './harness/torture.js';
import { chooseMoment, describeMoment, reach, type KillMoment } from './support/kill-moment.js';
import { lineProgram, variants, type Variant } from './support/line-programs.js';
import { firstDifference } from './support/shown-output.js';
import { Siege } from './support/siege.js';

const ROUNDS_PER_STAGE = 20;

export const hubKill: Torture = {
  name: 'hub-kill',
  rounds: 200,
  roundsPerStage: ROUNDS_PER_STAGE,
  async openStage(scratch, seed) {
    // Every fourth stage keeps its queue and leases in Redis.
    const store = Math.floor((seed - 1) / ROUNDS_PER_STAGE) % 4 === 3 ? 'redis' : 'embedded';
    const siege = await Siege.open(scratch, { store });
    return { round: (each) => playRound(siege, store, each) };
  },
};

interface Plan {
  readonly variant: Variant;
  readonly asker: 'ann' | 'ben';
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly moment: KillMoment;
  /** How long the second hub may live; null: it is not killed. */
  readonly secondKillAfterMs: number | null;
}

function choosePlan(seed: number): Plan {
  const random = new Random(seed);
  const variant = random.pick(variants);
  return {
    variant,
    asker: random.pick(['ann', 'ben']),
    signal: random.onceIn(5) ? 'SIGTERM' : 'SIGKILL',
    moment: chooseMoment(random, variant),
    secondKillAfterMs: random.onceIn(5) ? random.between(0, 1_200) : null,
  };
}

async function playRound(siege: Siege, store: string, seed: number): Promise<Round> {
  const plan = choosePlan(seed);
  const what = describePlan(plan, store);
  try {
    const files = { ran: siege.path(`ran-${seed}`), done: siege.path(`done-${seed}`) };
    const { source, shown } = lineProgram(plan.variant, files);
    const backMs = await runThroughKills(siege, plan, source, files.done);
    const copies = await siege.copies('lines');
    const faults = copies.flatMap((copy) => {
      const difference = firstDifference(shown, copy.shown);
      return difference === null ? [] : [`${copy.whose}: ${difference}`];
    });
    const times = siege.timesRun(files.ran);
    if (times !== 1) faults.push(`the cell ran ${times} times`);
    const typing = siege.typingFault(copies);
    if (typing !== null) faults.push(typing);
    if (siege.ann.held !== null) faults.push(`the queue is held: ${siege.ann.held}`);
    if (faults.length > 0) throw new Error(faults.join('\n  '));
    return { what, figures: { backMs } };
  } catch (error) {
    throw new Error(`${what}\n  ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function describePlan({ variant, asker, signal, moment, secondKillAfterMs }: Plan, store: string): string {
  const again = secondKillAfterMs === null ? '' : `, SIGKILL again after ${secondKillAfterMs} ms`;
  return `${variant} by ${asker}, ${store} store, ${signal} ${describeMoment(moment)}${again}`;
}

/** Resolves when both clients have seen the run's end, with the time they took to be back. */
async function runThroughKills(siege: Siege, plan: Plan, source: string, doneFile: string): Promise<number> {
  const { ann, ben, typist, hub } = siege;
  typist.start();
  const asker = siege[plan.asker];
  const earlier = ben.runOf('lines')?.runId;
  asker.write('lines', source);
  const asked = asker.run('lines', source);
  // Heard when it is awaited below; until then it must not count as unheard.
  asked.catch(() => undefined);
  await reach(plan.moment, { visitor: ben, cellId: 'lines', earlier, doneFile });
  await hub.kill(plan.signal);
  await hub.startAgain();
  if (plan.secondKillAfterMs !== null) {
    await delay(plan.secondKillAfterMs);
    await hub.kill('SIGKILL');
    await hub.startAgain();
  }
  const started = Date.now();
  await Promise.all([ann, ben].map((each) => each.waits('to be back', () => each.inStep)));
  const backMs = Date.now() - started;
  const runId = await asked;
  for (const visitor of [ann, ben]) {
    const end = await visitor.sawEnd('lines', runId);
    if (end !== 'succeeded') throw new Error(`${visitor.name} sees the run as ${end}; ${visitor.describe()}`);
  }
  return backMs;
}
