/** Where the output of runs without a cell lies, under the run's id (design: the run's transcript). */
import type { RunId, TranscriptEntry } from '@cokernel/proto/hub';

export type { TranscriptEntry };

export interface TranscriptStore {
  /** Appends; resolves when durable. */
  append(runId: RunId, entries: readonly TranscriptEntry[]): Promise<void>;
  /** All entries so far; null when there is no such transcript. */
  read(runId: RunId): Promise<readonly TranscriptEntry[] | null>;
  close(): Promise<void>;
}
