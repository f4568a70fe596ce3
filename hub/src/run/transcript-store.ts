/** Where the output of runs without a cell lies, under the run's id (design: the run's transcript). */
import type { RunId } from '@cokernel/proto/hub';
import type { Output } from '@cokernel/proto/notebook';

/** One line of a transcript, in the order in which it happened. */
export type TranscriptEntry =
  | { readonly type: 'output'; readonly output: Output }
  /** More text for the last stream output of that name. */
  | { readonly type: 'streamText'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'clear' }
  | {
      readonly type: 'updateDisplay';
      readonly displayId: string;
      readonly data: Readonly<Record<string, unknown>>;
      readonly metadata: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'prompt'; readonly text: string; readonly password: boolean }
  | {
      readonly type: 'finished';
      readonly state: string;
      readonly executionCount: number | null;
      readonly reason: string | null;
    };

export interface TranscriptStore {
  /** Appends; resolves when durable. */
  append(runId: RunId, entries: readonly TranscriptEntry[]): Promise<void>;
  /** All entries so far; null when there is no such transcript. */
  read(runId: RunId): Promise<readonly TranscriptEntry[] | null>;
  close(): Promise<void>;
}
