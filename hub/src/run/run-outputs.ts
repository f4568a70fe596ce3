/**
 * RunOutputs: where a kernel session writes what a run produces. A room implements it for cells (room/), transcripts
 * for runs without one (run/transcripts.ts). Each promise resolves when what was written is durable.
 */
import type { OutputEdit, RunTimes } from '@cokernel/proto/notebook';
import type { QueuedRun, Settlement } from './run-queue.js';

/** How far a run's output is stored; written in one record with the output itself (design §4, a crash, rule 1). */
export interface FlushMark {
  /** Of the host's journal to which `seq` belongs. */
  readonly journalId: string;
  /** The highest kernel message of this run that is wholly contained. */
  readonly seq: number;
  /** JSON. */
  readonly reducerState: unknown;
  /** Set with the record that shows the run's end: what is left to do is to settle it. */
  readonly end: Settlement | null;
}

export interface RunOutputs {
  /** Clears the target and shows it as running, now or with the first output. */
  begin(run: QueuedRun): Promise<void>;
  /** Goes on with a run that an earlier owner began; null when nothing of it was stored, then it is begun. */
  resume(run: QueuedRun): Promise<FlushMark | null>;
  /** The text of a stream of a run that is gone on with; `index` as OutputEdit means it. Null: the target has none. */
  textOf(run: QueuedRun, index: number): string | null;
  write(run: QueuedRun, edits: readonly OutputEdit[], mark: FlushMark): Promise<void>;
  /** Shows the end: execution count, times, author. Output may still be written after it (J7). */
  finish(run: QueuedRun, end: Settlement, times: RunTimes, mark: FlushMark): Promise<void>;
}
