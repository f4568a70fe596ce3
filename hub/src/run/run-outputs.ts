/**
 * RunOutputs: where a kernel session writes what a run produces. A room implements it for cells (room/), transcripts
 * for runs without one (run/transcripts.ts). Each promise resolves when what was written is durable.
 */
import type { OutputEdit, RunTimes } from '@cokernel/proto/notebook';
import type { QueuedRun, Settlement } from './run-queue.js';

/** Which kernel message was last wholly contained in a flush; stored in one record with it (design §4). */
export interface FlushMark {
  readonly seq: number;
  readonly reducerState: unknown;
}

export interface RunOutputs {
  /** Clears the target and shows it as running, now or with the first output. */
  begin(run: QueuedRun): Promise<void>;
  write(run: QueuedRun, edits: readonly OutputEdit[], mark: FlushMark): Promise<void>;
  /** Shows the end: execution count, times, author. Output may still be written after it (J7). */
  finish(run: QueuedRun, end: Settlement, times: RunTimes): Promise<void>;
}
