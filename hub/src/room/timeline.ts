/**
 * Timeline: what of a room is kept beside its document: versions, and the history. It hears what happens in the room, and
 * decides when the hub keeps a version by itself: a moment after runs that were asked for together are over, each hour with
 * changes, and when the room closes with changes that no version has.
 */
import type { Author, FileId, PromptId, PromptView, QueueView, RunView, VersionId } from '@cokernel/proto/hub';
import type { RoomHistory, UpdateBy } from './room-history.js';
import type { Versions } from './versions.js';

export interface TimelineOptions {
  readonly fileId: FileId;
  readonly versions: Versions;
  readonly history: RoomHistory;
  readonly onFailed: (error: unknown) => void;
}

/** A batch's last output may be on its way, and the next batch be as short. */
const AFTER_BATCH_MS = 1_000;
const HOUR_MS = 60 * 60_000;

export class Timeline {
  /** The states of the runs of this notebook that are not over, as they were last written down. */
  private readonly states = new Map<string, RunView['state']>();
  private prompt: PromptView | null = null;
  private hasChanges = false;
  private afterBatch: NodeJS.Timeout | null = null;
  private hourly: NodeJS.Timeout | null = null;

  constructor(private readonly options: TimelineOptions) {}

  get versions(): Versions {
    return this.options.versions;
  }

  get history(): RoomHistory {
    return this.options.history;
  }

  start(): void {
    this.history.start();
  }

  /** The document changed, durably. */
  updated(update: Uint8Array, by: UpdateBy): void {
    this.history.updated(update, by);
    this.hasChanges = true;
    this.hourly ??= setTimeout(() => this.keepChanges(), HOUR_MS).unref();
  }

  queueChanged({ running, queued }: QueueView, finished: readonly RunView[]): void {
    const waiting = [...(running === null ? [] : [running]), ...queued].filter((run) => this.isHere(run));
    const over = finished.filter((run) => this.isHere(run));
    for (const run of [...over, ...waiting]) this.ran(run);
    for (const { runId } of over) this.states.delete(runId);
    const ended = over.findLast(({ batchId }) => !waiting.some((run) => run.batchId === batchId));
    if (ended !== undefined) this.batchEnded(ended.author);
  }

  asked(prompt: PromptView | null): void {
    if (prompt === null || prompt.promptId === this.prompt?.promptId) return;
    this.prompt = prompt;
    this.history.happened({ type: 'asked', prompt });
  }

  /** The answer to a password is not kept. */
  answered(promptId: PromptId, by: Author, value: string): void {
    if (this.prompt?.promptId !== promptId) return;
    this.history.happened({ type: 'answered', promptId, by, value: this.prompt.password ? null : value });
  }

  async restore(versionId: VersionId, by: Author): Promise<{ readonly before: VersionId }> {
    const restored = await this.versions.restore(versionId, by);
    this.history.happened({ type: 'restored', by, versionId, ...restored });
    return restored;
  }

  /** Keeps what no version has yet, and writes what is left. Can be called twice. */
  async stop(): Promise<void> {
    this.clearTimers();
    if (this.hasChanges) this.keep('hourly');
    await this.versions.settled();
    await this.history.stop();
  }

  private ran(run: RunView): void {
    if (this.states.get(run.runId) === run.state) return;
    this.states.set(run.runId, run.state);
    this.history.happened({ type: 'ran', run });
  }

  private batchEnded(author: Author): void {
    this.afterBatch ??= setTimeout(() => {
      this.clearTimers();
      this.keep('afterBatch', author);
    }, AFTER_BATCH_MS).unref();
  }

  private keepChanges(): void {
    this.clearTimers();
    this.keep('hourly');
  }

  private keep(kind: 'afterBatch' | 'hourly', author?: Author): void {
    this.hasChanges = false;
    this.versions.keep(kind, author === undefined ? {} : { author }).catch(this.options.onFailed);
  }

  private clearTimers(): void {
    for (const timer of [this.afterBatch, this.hourly]) if (timer !== null) clearTimeout(timer);
    this.afterBatch = null;
    this.hourly = null;
  }

  /** A cell of this notebook: the kernel's queue has also those of notebooks that share it. */
  private isHere({ target }: RunView): boolean {
    return target.kind === 'cell' && (target.fileId === undefined || target.fileId === this.options.fileId);
  }
}
