/** What a torture is to the harness: rounds by seed on a stage that several of them share. */
import type { Scratch } from '../../end-to-end/support/scratch.js';

/** Named numbers of one round: `roundMs`, `peakHubRssMb`; the unit ends the name. */
export type Figures = Readonly<Record<string, number>>;

export interface Round {
  /** What the seed chose, for who reads the progress: 'bursts, SIGKILL at line 4312'. */
  readonly what: string;
  readonly figures: Figures;
}

/** Processes, folders and clients that several rounds share. */
export interface Stage {
  /** Everything random in it comes from the seed. Rejects with a sentence that says exactly what was wrong. */
  round(seed: number): Promise<Round>;
}

export interface Torture {
  readonly name: string;
  /** Of the full run. */
  readonly rounds: number;
  /** After so many rounds, and after each that failed, the stage is made anew. */
  readonly roundsPerStage: number;
  /** What is opened is to be closed by `scratch.atEnd`; the seed is that of the first round on it. */
  openStage(scratch: Scratch, seed: number): Promise<Stage>;
}
