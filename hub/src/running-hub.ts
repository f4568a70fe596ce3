/** A hub that runs, alone or one of many, as its process sees it. */
import type { KernelsAtStop } from './config.js';
import type { EndingRun } from './run/ending-runs.js';

export interface RunningHub {
  /** With the token. */
  readonly url: string;
  /** How many kernels the next hub would find. */
  readonly kernelCount: number;
  /** The runs that a stop with its kernels would end. */
  endingRuns(): Promise<readonly EndingRun[]>;
  /** Ends everything in reverse order, with the kernels that were started here when told so. Can be called twice. */
  stop(kernels: KernelsAtStop): Promise<void>;
}

export type StartOutcome =
  | { readonly outcome: 'started'; readonly hub: RunningHub }
  /** `url` null: that hub is just starting. */
  | { readonly outcome: 'servedAlready'; readonly pid: number; readonly url: string | null };
