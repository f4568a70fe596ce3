/**
 * The keeper, which owns the kernels, is killed while a cell prints; sometimes the hub with it. After each round the run
 * has an end that everybody sees, the cell ran once, the lines that came are in order and once, a notice stands where some
 * are missing, and the kernel is the same process and works on.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunId, RunState } from '@cokernel/proto/hub';
import { Random } from './harness/random.js';
import type { Round, Torture } from './harness/torture.js';
import { chooseMoment, describeMoment, reach, type KillMoment } from './support/kill-moment.js';
import { lineProgram, type Variant } from './support/line-programs.js';
import { judgeLines, vanished } from './support/missing-lines.js';
import { Siege } from './support/siege.js';

export const keeperKill: Torture = {
  name: 'keeper-kill',
  rounds: 50,
  roundsPerStage: 10,
  async openStage(scratch) {
    const siege = await Siege.open(scratch, { store: 'embedded' });
    return { round: (seed) => playRound(siege, seed) };
  },
};

/** Whose death; with both, how long after the keeper's the hub's comes (before 0: the hub is first). */
type Victims = { readonly who: 'keeper' } | { readonly who: 'both'; readonly hubAfterMs: number };

interface Plan {
  readonly variant: Variant;
  readonly victims: Victims;
  readonly moment: KillMoment;
  /** Another cell waits in the queue. */
  readonly oneMore: boolean;
}

function choosePlan(seed: number): Plan {
  const random = new Random(seed);
  const variant = random.pick(['plain', 'bursts', 'slow', 'mixed', 'displays']);
  return {
    variant,
    victims: random.onceIn(3) ? { who: 'both', hubAfterMs: random.between(-400, 400) } : { who: 'keeper' },
    moment: chooseMoment(random, variant),
    oneMore: random.onceIn(2),
  };
}

function describePlan({ variant, victims, moment, oneMore }: Plan): string {
  const who = victims.who === 'keeper' ? 'keeper' : `keeper, and hub ${victims.hubAfterMs} ms after it,`;
  return `${variant}, ${who} killed ${describeMoment(moment)}${oneMore ? ', one more queued' : ''}`;
}

interface RoundFiles {
  readonly ran: string;
  readonly done: string;
  readonly ranAfter: string;
}

async function playRound(siege: Siege, seed: number): Promise<Round> {
  const plan = choosePlan(seed);
  const what = describePlan(plan);
  const files = {
    ran: siege.path(`ran-${seed}`),
    done: siege.path(`done-${seed}`),
    ranAfter: siege.path(`after-${seed}`),
  };
  try {
    const { source, shown } = lineProgram(plan.variant, files);
    const { end, endMs, seen, after } = await runThroughKill(siege, plan, source, files);
    const found = siege.ben.shown('lines');
    const { faults, missing, notices } = judgeLines(shown, found);
    if (end === 'cancelled') throw new Error('nobody cancelled the run');
    const all = [
      ...faults,
      ...vanished(seen, found),
      ...(await goOn(siege, files, end, after)),
      ...(await agreement(siege)),
    ];
    if (siege.timesRun(files.ran) !== 1) all.push(`the cell ran ${siege.timesRun(files.ran)} times`);
    if (all.length > 0) throw new Error(`the run ${end}\n  ${all.join('\n  ')}`);
    return { what: `${what}: ${end}`, figures: { endMs, missing, notices, lost: end === 'lost' ? 1 : 0 } };
  } catch (error) {
    throw new Error(`${what}\n  ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function runThroughKill(siege: Siege, plan: Plan, source: string, files: RoundFiles) {
  const { ann, ben, typist } = siege;
  typist.start();
  const begins = `with open(${JSON.stringify(files.ranAfter)}, "a") as ran: ran.write("ran\\n")`;
  const earlier = ben.runOf('lines')?.runId;
  ann.write('lines', source);
  ann.write('after', begins);
  const asked = ann.run('lines', source);
  const after = plan.oneMore ? ann.run('after', begins) : Promise.resolve(null);
  // Heard when they are awaited below; until then they must not count as unheard.
  for (const each of [asked, after]) each.catch(() => undefined);
  await reach(plan.moment, { visitor: ben, cellId: 'lines', earlier, doneFile: files.done });
  const seen = ben.runOf('lines')?.runId === earlier ? [] : ben.shown('lines');
  const killed = Date.now();
  await killVictims(siege, plan.victims);
  const runId = await asked;
  const [end] = await Promise.all([ben.sawEnd('lines', runId), ann.sawEnd('lines', runId)]);
  return { end, endMs: Date.now() - killed, seen, after: await after };
}

async function killVictims({ hub }: Siege, victims: Victims): Promise<void> {
  if (victims.who === 'keeper') return hub.killKeeper();
  const hubFirst = victims.hubAfterMs < 0;
  await (hubFirst ? hub.kill('SIGKILL') : hub.killKeeper());
  await delay(Math.abs(victims.hubAfterMs));
  await (hubFirst ? hub.killKeeper() : hub.kill('SIGKILL'));
  await hub.startAgain();
}

/** What is wrong with what waited, and with the kernel, once somebody has said go on. */
async function goOn(siege: Siege, files: RoundFiles, end: RunState, after: RunId | null): Promise<string[]> {
  const { ann } = siege;
  const faults: string[] = [];
  if (end === 'lost') {
    if (ann.held === null) faults.push('the run is lost and the queue is not held');
    if (siege.timesRun(files.ranAfter) > 0) faults.push('a run that was held has run');
    await ann.room.call('goOn', {});
  }
  if (after !== null) faults.push(...(await endOfAfter(siege, files, end, after)));
  const pid = await siege.pidOfKernel();
  if (pid !== siege.kernelPid) faults.push(`the kernel is process ${pid}, it was ${siege.kernelPid}`);
  return faults;
}

/** Where the first run was over when the keeper died, the one behind it may be the one that was hit. */
async function endOfAfter(siege: Siege, files: RoundFiles, end: RunState, after: RunId): Promise<string[]> {
  const { ann } = siege;
  const endAfter = await ann.sawEnd('after', after);
  const times = siege.timesRun(files.ranAfter);
  if (endAfter === 'lost' && end !== 'lost' && times <= 1 && ann.held !== null) {
    await ann.room.call('goOn', {});
    return [];
  }
  return endAfter === 'succeeded' && times === 1 ? [] : [`the run that waited ${endAfter} and ran ${times} times`];
}

/** All copies of the notebook are the same, and hold what was typed. */
async function agreement(siege: Siege): Promise<string[]> {
  const copies = await siege.copies('lines');
  const typing = siege.typingFault(copies);
  const [first, ...others] = copies.map(({ whose, shown }) => ({ whose, text: JSON.stringify(shown) }));
  const differing = others.filter(({ text }) => text !== first?.text).map(({ whose }) => whose);
  return [
    ...(typing === null ? [] : [typing]),
    ...differing.map((whose) => `${whose} shows other output than ${first?.whose ?? 'none'}`),
  ];
}
