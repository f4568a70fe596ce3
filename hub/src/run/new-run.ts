/** Makes a run out of a request: everything pinned that may change before its turn comes. */
import { BatchId, RunId, sourceHash } from '@cokernel/proto/hub';
import type { Author, FileId, RunTarget } from '@cokernel/proto/hub';
import type { ClientRequest, QueuedRun } from './run-queue.js';

export interface NewRun {
  readonly author: Author;
  readonly target: RunTarget;
  readonly source: string;
  readonly fileId: FileId | null;
  readonly stopOnError: boolean;
  /** Absent: a batch of its own. */
  readonly batchId?: BatchId;
  /** Absent: a new one. It must be free. */
  readonly runId?: RunId;
  readonly silent?: boolean;
  readonly storeHistory?: boolean;
  readonly allowStdin?: boolean;
  readonly request?: ClientRequest;
}

export function newRun(make: { readonly newId: () => string; readonly clock: () => Date }, run: NewRun): QueuedRun {
  const { author, target, source, fileId, stopOnError } = run;
  return {
    view: {
      runId: run.runId ?? RunId.parse(make.newId()),
      batchId: run.batchId ?? BatchId.parse(make.newId()),
      author,
      target,
      state: 'queued',
      sourceHash: sourceHash(source),
      queuedAt: make.clock().toISOString(),
      startedAt: null,
      finishedAt: null,
      executionCount: null,
      reason: null,
    },
    source,
    fileId,
    allowStdin: run.allowStdin ?? true,
    storeHistory: run.storeHistory ?? true,
    silent: run.silent ?? false,
    stopOnError,
    request: run.request ?? null,
  };
}
