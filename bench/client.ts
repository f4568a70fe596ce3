/** What a bench measures: a client that runs the bench's one cell and says how long its output took to come. */
import type { CellId } from '@cokernel/proto/hub';

export interface BenchNotebook {
  readonly path: string;
  readonly cellId: CellId;
  readonly code: string;
}

export interface BenchClient {
  readonly name: string;
  /** Milliseconds from the call to the new output's text in this client's document; resolves when the run is over. */
  run(): Promise<number>;
  close(): Promise<void>;
}
