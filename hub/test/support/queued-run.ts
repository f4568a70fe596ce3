/** Runs, ids and waiting, for tests of the run queue. */
import { randomUUID } from 'node:crypto';
import {
  BatchId,
  CellId,
  FileId,
  FolderId,
  HubId,
  KernelId,
  ParticipantId,
  RequestId,
  RunId,
  sourceHash,
} from '@cokernel/proto/hub';
import type { ClientRequest, QueuedRun } from '../../src/run/run-queue.js';

export const newKernelId = (): KernelId => KernelId.parse(randomUUID());
export const newRequestId = (): RequestId => RequestId.parse(randomUUID());
export const newHubId = (): HubId => HubId.parse(randomUUID());
export const newFolderId = (id: string = randomUUID()): FolderId => FolderId.parse(id);
export const newFileId = (id: string = randomUUID()): FileId => FileId.parse(id);

export interface RunTraits {
  readonly runId?: string;
  readonly batch?: string;
  readonly author?: string;
  /** Null: a run without a cell. */
  readonly cell?: string | null;
  readonly file?: string;
  readonly source?: string;
  readonly stopOnError?: boolean;
  readonly request?: ClientRequest;
}

export function queuedRun(traits: RunTraits = {}): QueuedRun {
  const { runId = randomUUID(), batch = randomUUID(), author = 'ann', cell = randomUUID() } = traits;
  const { file = 'a-file', source = 'print("größer 🙂 <IDS|MSG> \\"{}\\"")', stopOnError = true } = traits;
  return {
    view: {
      runId: RunId.parse(runId),
      batchId: BatchId.parse(batch),
      author: { participantId: ParticipantId.parse(author), name: author },
      target: cell === null ? { kind: 'transcript' } : { kind: 'cell', cellId: CellId.parse(cell) },
      state: 'queued',
      sourceHash: sourceHash(source),
      queuedAt: '2026-01-01T00:00:00.000Z',
      startedAt: null,
      finishedAt: null,
      executionCount: null,
      reason: null,
    },
    source,
    fileId: FileId.parse(file),
    allowStdin: true,
    storeHistory: true,
    silent: false,
    stopOnError,
    request: traits.request ?? null,
  };
}
