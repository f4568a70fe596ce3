/** Where the output of runs without a cell lies, under the run's id (design: the run's transcript). */
import type { RunId, TranscriptEntry } from '@cokernel/proto/hub';
import type { FlushMark } from './run-outputs.js';

export type { TranscriptEntry };

export interface TranscriptStore {
  /**
   * Appends entries and, in one step with them, how far the run came; resolves when durable. From then on nothing counts
   * that another store appends which has appended to this transcript before. Throws `LeaseEnded`.
   */
  append(runId: RunId, entries: readonly TranscriptEntry[], mark?: FlushMark): Promise<void>;
  /** The newest mark; null when there is none. */
  mark(runId: RunId): Promise<FlushMark | null>;
  /** All entries so far; null when there is no such transcript. */
  read(runId: RunId): Promise<readonly TranscriptEntry[] | null>;
  has(runId: RunId): Promise<boolean>;
  /** Removes the transcripts to which nothing was added since then, but for those of these runs. */
  removeBefore(before: Date, isLive: (runId: RunId) => boolean): Promise<void>;
  close(): Promise<void>;
}
