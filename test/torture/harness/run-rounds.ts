/**
 * Runs rounds of a torture, seed after seed. A round that fails is told and does not end the run: its folder with the logs
 * can be kept, and the next round gets a new stage.
 */
import { makeScratch, type Scratch } from '../../end-to-end/support/scratch.js';
import type { RoundResult } from './result.js';
import type { Stage, Torture } from './torture.js';

export interface RunRoundsOptions {
  readonly firstSeed: number;
  readonly rounds: number;
  /** No round begins after this; a person who waits wants an end. */
  readonly withinMs: number;
  /** Keep the folder of a round that failed, to look at. */
  readonly keepFolders: boolean;
  readonly onRound: (result: RoundResult) => void;
  /** A sentence for a person, such as where a folder was kept. */
  readonly say: (line: string) => void;
}

interface OpenStage {
  readonly scratch: Scratch;
  readonly stage: Stage;
  readonly firstSeed: number;
}

/** Resolves with the rounds that were done. */
export async function runRounds(torture: Torture, options: RunRoundsOptions): Promise<readonly RoundResult[]> {
  const results: RoundResult[] = [];
  const end = Date.now() + options.withinMs;
  let open: OpenStage | null = null;
  for (let seed = options.firstSeed; seed < options.firstSeed + options.rounds && Date.now() < end; seed += 1) {
    const scratch: Scratch = open?.scratch ?? makeScratch();
    let result: RoundResult;
    try {
      open ??= { scratch, stage: await torture.openStage(scratch, seed), firstSeed: seed };
      const begun = Date.now();
      const { what, figures } = await open.stage.round(seed);
      result = { seed, what, failure: null, figures: { roundMs: Date.now() - begun, ...figures } };
    } catch (error) {
      result = { seed, what: '', failure: textOf(error).replaceAll(scratch.folder, '…'), figures: {} };
    }
    results.push(result);
    options.onRound(result);
    if (result.failure !== null) await endAfterFailure(scratch, options);
    else if (open !== null && seed + 1 - open.firstSeed >= torture.roundsPerStage) await scratch.end();
    else continue;
    open = null;
  }
  await open?.scratch.end();
  return results;
}

/** What can't be closed after a failure is told beside it and counts no more. */
async function endAfterFailure(scratch: Scratch, { keepFolders, say }: RunRoundsOptions): Promise<void> {
  await scratch.end({ keepFolder: keepFolders }).catch((error: unknown) => say(`  at its end: ${textOf(error)}`));
  if (keepFolders) say(`  its folder: ${scratch.folder}`);
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError) return [error.message, ...error.errors.map(textOf)].join('\n');
  return error instanceof Error ? error.message : String(error);
}
