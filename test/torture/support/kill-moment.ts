/** When in a run something is killed: chosen by the seed, and waited for to the millisecond. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunId } from '@cokernel/proto/hub';
import type { Random } from '../harness/random.js';
import { LINE_LENGTH, LINES, lastsMs, type Variant } from './line-programs.js';
import type { Visitor } from './visitor.js';

/** Each with a little time more, so that every step of the programs can be hit. */
export type KillMoment =
  /** As the request to run is on its way. */
  | { readonly at: 'request'; readonly afterMs: number }
  /** When a client has seen this line. */
  | { readonly at: 'line'; readonly line: number; readonly afterMs: number }
  /** When the kernel has printed all. */
  | { readonly at: 'end'; readonly afterMs: number }
  /** At any time while the program runs. */
  | { readonly at: 'time'; readonly afterMs: number };

export function chooseMoment(random: Random, variant: Variant): KillMoment {
  switch (random.between(1, 8)) {
    case 1:
      return { at: 'request', afterMs: random.between(0, 40) };
    case 2:
    case 3:
      return { at: 'end', afterMs: random.between(0, 60) };
    case 4:
    case 5:
      return { at: 'time', afterMs: random.between(0, lastsMs[variant]) };
    default:
      return { at: 'line', line: random.between(1, LINES - 1), afterMs: random.between(0, 25) };
  }
}

export function describeMoment(moment: KillMoment): string {
  const after = `${moment.afterMs} ms after`;
  return moment.at === 'line' ? `${after} line ${moment.line}` : `${after} the ${nouns[moment.at]}`;
}

const nouns = { request: 'request', end: 'last line', time: 'beginning' } as const;

export interface RunInSight {
  readonly visitor: Visitor;
  readonly cellId: string;
  /** The run that the cell showed before: what it printed does not count. */
  readonly earlier: RunId | undefined;
  /** What the program writes when it has printed all. */
  readonly doneFile: string;
}

/** Resolves at the moment; a line that is never seen ends with the program. */
export async function reach(moment: KillMoment, run: RunInSight): Promise<void> {
  if (moment.at === 'line' || moment.at === 'end') await sight(moment, run);
  await delay(moment.afterMs);
}

const LOOK_FOR_MS = 20_000;

async function sight(moment: KillMoment, { visitor, cellId, earlier, doneFile }: RunInSight): Promise<void> {
  const end = Date.now() + LOOK_FOR_MS;
  const length = moment.at === 'line' ? moment.line * LINE_LENGTH : Infinity;
  const isSeen = (): boolean => visitor.runOf(cellId)?.runId !== earlier && visitor.shownLength(cellId) >= length;
  while (!isSeen() && !existsSync(doneFile)) {
    if (Date.now() > end) throw new Error(`the run did not get as far as ${moment.at}: ${visitor.describe()}`);
    await delay(1);
  }
}
