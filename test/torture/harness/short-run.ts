/** A few rounds within `npm test`: what failed in them, as sentences. */
import { runRounds } from './run-rounds.js';
import type { Torture } from './torture.js';

/** No round begins after this: a busy machine gets fewer rounds, but always one. */
const WITHIN_MS = 40_000;

/** Seeds from `firstSeed` on; empty when every round passed. */
export async function failuresOf(torture: Torture, firstSeed: number, rounds: number): Promise<readonly string[]> {
  const results = await runRounds(torture, {
    firstSeed,
    rounds,
    withinMs: WITHIN_MS,
    keepFolders: false,
    onRound: () => undefined,
    say: () => undefined,
  });
  if (results.length === 0) return ['no round was done'];
  return results.flatMap(({ seed, failure }) => (failure === null ? [] : [`seed ${seed}: ${failure}`]));
}
