/** My input as a cell that everybody sees, and its run: asked for once, also when the connection breaks in between. */
import { randomUUID } from 'node:crypto';
import type { Room, RoomDocument } from '@cokernel/core';
import { CallError } from '@cokernel/core';
import type { CellId, RunId, RunView } from '@cokernel/proto/hub';
import { RequestId, sourceHash } from '@cokernel/proto/hub';
import { appendCell, makeCodeCell } from '@cokernel/proto/notebook';

export class OwnRun {
  readonly cellId: CellId;
  #runId: RunId | null = null;
  /** Resolves when the hub has answered: with the run, or null when it was refused. */
  #answered: Promise<RunId | null> = Promise.resolve(null);

  /** Puts the cell in, signed. */
  constructor(
    private readonly room: Room,
    document: RoomDocument,
    private readonly code: string,
    authorName: string,
  ) {
    const cell = makeCodeCell(code, { cokernel: { author: { name: authorName, client: 'terminal' } } });
    this.cellId = cell.id;
    appendCell(document.doc, cell);
  }

  /** Null until the hub has taken it. */
  get runId(): RunId | null {
    return this.#runId;
  }

  /** Resolves when it is queued. Asking again after a break is safe: the hub knows the request by its id. */
  request(): Promise<RunView> {
    const run = this.#request();
    this.#answered = run.then(
      ({ runId }) => runId,
      () => null,
    );
    return run;
  }

  async #request(): Promise<RunView> {
    const requestId = RequestId.parse(randomUUID());
    const cells = [{ cellId: this.cellId, sourceHash: sourceHash(this.code) }];
    for (;;) {
      try {
        const { runs } = await this.room.call('run', { requestId, cells });
        const run = runs[0]?.run;
        if (run === undefined) throw new CallError('badAnswer', 'the hub queued nothing');
        this.#runId = run.runId;
        return run;
      } catch (error) {
        const mayAskAgain = error instanceof CallError && error.code === 'disconnected';
        if (!mayAskAgain || this.room.state.connection === 'failed') throw error;
      }
    }
  }

  isKnownToQueue(): boolean {
    const { queued, running } = this.room.state.queue;
    return running?.runId === this.#runId || queued.some((run) => run.runId === this.#runId);
  }

  /** Withdraws it while it waits, else interrupts it; one that the hub has not taken yet, as soon as it has. */
  async stop(): Promise<void> {
    const runId = await this.#answered;
    if (runId === null) return;
    const { cancelled } = await this.room.call('cancel', { runIds: [runId] });
    if (!cancelled.includes(runId)) await this.room.call('interrupt', { runId });
  }
}
