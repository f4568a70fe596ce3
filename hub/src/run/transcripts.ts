/**
 * Transcripts: the output of runs without a cell. Every entry is stored under the run's id before anybody is told, and
 * a reader that follows gets what is stored, then what comes, each once and in order, until the run is over.
 */
import type { OutputEdit, RunTimes } from '@cokernel/proto/notebook';
import type { RunId, RunView } from '@cokernel/proto/hub';
import type { FlushMark, RunOutputs } from './run-outputs.js';
import type { QueuedRun, Settlement } from './run-queue.js';
import { TranscriptReducer } from './transcript-reducer.js';
import type { TranscriptEntry, TranscriptStore } from './transcript-store.js';

interface OpenTranscript {
  readonly reducer: TranscriptReducer;
  readonly followers: Set<(entry: TranscriptEntry) => void>;
  last: Promise<void>;
  /** It has begun and not ended: its reducer knows what was written. */
  isLive: boolean;
}

export class Transcripts implements RunOutputs {
  private readonly open = new Map<RunId, OpenTranscript>();

  constructor(private readonly store: TranscriptStore) {}

  async begin(run: QueuedRun): Promise<void> {
    this.opened(run.view.runId).isLive = true;
    await this.add(run.view.runId, []);
  }

  /** The stored transcript has how far the run came. */
  async resume(run: QueuedRun): Promise<FlushMark | null> {
    const { runId } = run.view;
    // What a hub that ended is still about to bring counts no more: where the run goes on is settled now.
    if (await this.store.has(runId)) await this.store.append(runId, []);
    const mark = await this.store.mark(runId);
    if (mark === null || mark.end !== null) return mark;
    const opened = this.opened(runId);
    opened.isLive = true;
    opened.reducer.goOnAfter((await this.store.read(runId)) ?? []);
    return mark;
  }

  textOf(run: QueuedRun, index: number): string | null {
    return this.open.get(run.view.runId)?.reducer.textOf(index) ?? null;
  }

  /** Output that comes after the end (a thread that prints) is not kept: the end is a transcript's last entry. */
  async write(run: QueuedRun, edits: readonly OutputEdit[], mark: FlushMark): Promise<void> {
    const { runId } = run.view;
    const opened = this.open.get(runId);
    if (opened === undefined || !opened.isLive) return;
    await this.add(runId, opened.reducer.entriesOf(edits), mark);
  }

  async finish(run: QueuedRun, end: Settlement, _times: RunTimes, mark: FlushMark): Promise<void> {
    await this.end(run.view.runId, end, mark);
  }

  /** A run that ended while it was queued: its transcript is its end and nothing else. */
  async withdrawn({ runId, reason }: RunView): Promise<void> {
    await this.end(runId, { state: 'cancelled', executionCount: null, reason });
  }

  /** Ends a transcript that has begun and not ended, of a run that nobody goes on with any more. */
  async lost(runId: RunId, reason: string): Promise<void> {
    const isLive = this.open.get(runId)?.isLive === true;
    const last = (await this.store.read(runId))?.at(-1);
    if (!isLive && last?.type !== 'finished') await this.end(runId, { state: 'lost', executionCount: null, reason });
  }

  /** A question of the kernel, told to those who follow so that they can answer it. */
  async prompted(runId: RunId, text: string, password: boolean): Promise<void> {
    await this.add(runId, [{ type: 'prompt', text, password }]);
  }

  private async end(
    runId: RunId,
    end: Pick<Settlement, 'state' | 'executionCount' | 'reason'>,
    mark?: FlushMark,
  ): Promise<void> {
    const { state, executionCount, reason } = end;
    this.opened(runId).isLive = false;
    await this.add(runId, [{ type: 'finished', state, executionCount, reason }], mark);
    this.forget(runId);
  }

  /** What nobody follows and nobody writes is not kept in memory. */
  private forget(runId: RunId): void {
    const opened = this.open.get(runId);
    if (opened !== undefined && !opened.isLive && opened.followers.size === 0) this.open.delete(runId);
  }

  /** All entries so far; null when there is no such transcript. */
  read(runId: RunId): Promise<readonly TranscriptEntry[] | null> {
    return this.store.read(runId);
  }

  has(runId: RunId): Promise<boolean> {
    return this.store.has(runId);
  }

  /** Removes those to which nothing was added since then, unless somebody follows or their run goes on. */
  removeBefore(before: Date): Promise<void> {
    return this.store.removeBefore(before, (runId) => this.open.has(runId));
  }

  /** Tells what is stored, then each entry stored from now on, each once and in order; resolves with what ends it. */
  readAndFollow(runId: RunId, listener: (entry: TranscriptEntry) => void): Promise<() => void> {
    return this.inTurn(runId, async ({ followers }) => {
      for (const entry of (await this.store.read(runId)) ?? []) listener(entry);
      followers.add(listener);
      return () => {
        followers.delete(listener);
        this.forget(runId);
      };
    });
  }

  private add(runId: RunId, entries: readonly TranscriptEntry[], mark?: FlushMark): Promise<void> {
    return this.inTurn(runId, async ({ followers }) => {
      await this.store.append(runId, entries, mark);
      for (const entry of entries) for (const follower of [...followers]) follower(entry);
    });
  }

  /** One step of a transcript at a time: a reader that begins to follow misses nothing and gets nothing twice. */
  private inTurn<T>(runId: RunId, step: (opened: OpenTranscript) => Promise<T>): Promise<T> {
    const opened = this.opened(runId);
    const result = opened.last.then(() => step(opened));
    opened.last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  private opened(runId: RunId): OpenTranscript {
    const fresh: OpenTranscript = {
      reducer: new TranscriptReducer(),
      followers: new Set(),
      last: Promise.resolve(),
      isLive: false,
    };
    const opened = this.open.get(runId) ?? fresh;
    this.open.set(runId, opened);
    return opened;
  }
}
