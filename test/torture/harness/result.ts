/**
 * The result of a torture: a file in docs/reliability that a later run goes on from. It has one line a round, so that a
 * change of it can be read, and names no place on the machine that made it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const RoundResult = z.object({
  seed: z.number().int(),
  what: z.string(),
  /** Null when it passed, else what was wrong. */
  failure: z.string().nullable(),
  figures: z.record(z.string(), z.number()),
});
export type RoundResult = z.infer<typeof RoundResult>;

const Machine = z.object({
  date: z.string(),
  cokernel: z.string(),
  node: z.string(),
  platform: z.string(),
  cores: z.number().int(),
  memoryGb: z.number(),
});
export type Machine = z.infer<typeof Machine>;

const TortureResult = z.object({
  torture: z.string(),
  /** Rounds of the full run. */
  wanted: z.number().int(),
  /** Of the newest run that added to it. */
  machine: Machine,
  rounds: z.array(RoundResult),
});
export type TortureResult = z.infer<typeof TortureResult>;

/** Null when there is none yet. */
export function readResult(file: string): TortureResult | null {
  return existsSync(file) ? TortureResult.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

export function writeResult(file: string, result: TortureResult): void {
  mkdirSync(dirname(file), { recursive: true });
  const { rounds, ...head } = result;
  const lines = rounds.map((round) => `    ${JSON.stringify(round)}`).join(',\n');
  const fields = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`);
  writeFileSync(file, `{\n${fields.join('')}  "rounds": [\n${lines}\n  ]\n}\n`);
}

/** The first seed that has no round yet. */
export function nextSeed(result: TortureResult | null): number {
  const done = new Set(result?.rounds.map(({ seed }) => seed));
  let seed = 1;
  while (done.has(seed)) seed += 1;
  return seed;
}

/** With the round added, in the place of an earlier one of its seed. */
export function withRound(rounds: readonly RoundResult[], round: RoundResult): RoundResult[] {
  return [...rounds.filter(({ seed }) => seed !== round.seed), round].sort((one, other) => one.seed - other.seed);
}
