/** Views as a hub sends them, for tests. */
import {
  DEFAULT_QUEUE_RULES,
  BatchId,
  CellId,
  FileId,
  KernelId,
  ParticipantId,
  RunId,
  type KernelView,
  type QueueView,
  type RunView,
} from '@cokernel/proto/hub';
import type { RoomState } from '@cokernel/core';

export const ann = { participantId: ParticipantId.parse('P-ann'), name: 'Ann' };
export const ben = { participantId: ParticipantId.parse('P-ben'), name: 'Ben' };

export const here = { fileId: FileId.parse('F-a'), path: 'a.ipynb' };
export const there = { fileId: FileId.parse('F-b'), path: 'b.ipynb' };

export function runView(runId: string, author: RunView['author'], more: Partial<RunView> = {}): RunView {
  return {
    runId: RunId.parse(runId),
    batchId: BatchId.parse('batch'),
    author,
    target: { kind: 'cell', cellId: CellId.parse(`cell-of-${runId}`) },
    state: 'queued',
    sourceHash: 'hash',
    queuedAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    finishedAt: null,
    executionCount: null,
    reason: null,
    ...more,
  };
}

export function queueView(running: RunView | null, queued: RunView[], held: QueueView['held'] = null): QueueView {
  return { number: 1, held, rules: DEFAULT_QUEUE_RULES, running, queued };
}

export function kernelView(status: KernelView['status'], reason: string | null = null): KernelView {
  const names = { specName: 'python3', displayName: 'Python 3', language: 'python' };
  const uses = { origin: 'started' as const, notebooks: [here] };
  return { kernelId: KernelId.parse('kernel'), ...names, status, reason, ...uses };
}

export function roomState(more: Partial<RoomState> = {}): RoomState {
  return {
    connection: 'connected',
    failure: null,
    trouble: null,
    synced: true,
    you: { ...ann, color: '#c2410c', role: 'editor' },
    ...here,
    participants: [],
    kernel: kernelView('idle'),
    kernelGone: null,
    kernelUsage: null,
    kernelSpecs: [{ name: 'python3', displayName: 'Python 3', language: 'python' }],
    queue: queueView(null, []),
    prompt: null,
    saving: { state: 'saved', at: null },
    runs: new Map(),
    ...more,
  };
}
