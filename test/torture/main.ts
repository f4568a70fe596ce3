/**
 * `npm run torture -- NAME [--rounds N] [--seed S] [--minutes M]`: rounds of one torture, from the seed after the last one
 * in docs/reliability/NAME.json, into which each round is written as it ends.
 */
import { parseArgs } from 'node:util';
import { repository } from '../end-to-end/support/repository.js';
import { thisMachine } from './harness/machine.js';
import { nextSeed, readResult, withRound, writeResult, type RoundResult } from './harness/result.js';
import { runRounds } from './harness/run-rounds.js';
import type { Torture } from './harness/torture.js';

const tortures: Readonly<Record<string, () => Promise<Torture>>> = {
  'hub-kill': async () => (await import('./hub-kill.js')).hubKill,
  'keeper-kill': async () => (await import('./keeper-kill.js')).keeperKill,
  edits: async () => (await import('./edits.js')).edits,
  'owner-kill': async () => (await import('./many-hubs.js')).manyHubs('owner-kill', 1_000),
  'owner-stop': async () => (await import('./many-hubs.js')).manyHubs('owner-stop', 100),
  'redis-kill': async () => (await import('./many-hubs.js')).manyHubs('redis-kill', 100),
  'redis-cut': async () => (await import('./many-hubs.js')).manyHubs('redis-cut', 50),
  takeover: async () => (await import('./takeover.js')).takeover({ mostBeyondMs: 1_000 }),
  'two-hubs': async () => (await import('./two-hubs.js')).twoHubs({ clients: 200, mostBackMs: 5_000 }),
  'queue-model': async () => (await import('./queue-model.js')).queueModel,
  frames: async () => (await import('./frames.js')).frames,
  flood: async () => (await import('./flood.js')).flood({ floodMs: 60_000, quietMs: 15_000, interrupts: 5 }),
  'large-output': async () =>
    (await import('./large-output.js')).largeOutput({
      ...{ lines: 1_000_000, plots: 2_000, progressMs: 60_000 },
      ...{ quietMs: 10_000, mostCrossingMs: 100, mostRssMoreMb: 50, roundsPerStage: 1 },
    }),
};

const DEFAULT_MINUTES = 40;

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string' } },
  });
  const load = tortures[positionals[0] ?? ''];
  if (load === undefined || positionals.length !== 1) {
    console.error(`Name one torture: ${Object.keys(tortures).join(', ')}.`);
    return 2;
  }
  const torture = await load();
  const file = `${repository.root}docs/reliability/${torture.name}.json`;
  const firstSeed = wholeNumber(values.seed, 'seed') ?? nextSeed(readResult(file));
  const left = Math.max(0, torture.rounds + 1 - firstSeed);
  return torment(torture, {
    file,
    firstSeed,
    rounds: wholeNumber(values.rounds, 'rounds') ?? left,
    minutes: wholeNumber(values.minutes, 'minutes') ?? DEFAULT_MINUTES,
  });
}

interface Wanted {
  readonly file: string;
  readonly firstSeed: number;
  readonly rounds: number;
  readonly minutes: number;
}

/** The exit code: 1 when a round failed. */
async function torment(torture: Torture, { file, firstSeed, rounds, minutes }: Wanted): Promise<number> {
  const begun = Date.now();
  const done = await runRounds(torture, {
    firstSeed,
    rounds,
    withinMs: minutes * 60_000,
    keepFolders: true,
    onRound: (round) => {
      const known = readResult(file)?.rounds ?? [];
      const { name, rounds: wanted } = torture;
      writeResult(file, { torture: name, wanted, machine: thisMachine(), rounds: withRound(known, round) });
      console.log(lineOf(round));
    },
    say: (line) => console.log(line),
  });
  const failed = done.filter(({ failure }) => failure !== null);
  const seconds = Math.round((Date.now() - begun) / 1000);
  console.log(`${torture.name}: ${done.length} of ${rounds} rounds in ${seconds} s, ${failed.length} failed`);
  if (done.length < rounds) console.log('The time is over: the same command goes on.');
  return failed.length > 0 ? 1 : 0;
}

function lineOf({ seed, what, failure, figures }: RoundResult): string {
  if (failure !== null) return `seed ${seed}  FAILED  ${failure}`;
  const told = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`);
  return `seed ${seed}  passed  ${what}  (${told.join(', ')})`;
}

function wholeNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${option} takes a whole number above 0, not '${text}'`);
}

// Not by itself: see breakNow in fault-wire.ts.
process.exit(await main());
