/**
 * Pure: what of a kernel's runs somebody in one notebook is told. Notebooks may share a kernel, and rights are those in a
 * notebook: of another notebook's runs people see that they run or wait, but neither whose they are nor anything of what they run.
 */
import type { FileId, ParticipantId, QueueView, RunView } from '@cokernel/proto/hub';
import { SOMEBODY } from '@cokernel/proto/hub';

export interface Viewer {
  readonly fileId: FileId;
  /** Null for who said no hello. */
  readonly participantId: ParticipantId | null;
}

/** Of a cell of another notebook. */
export function isElsewhere({ target }: Pick<RunView, 'target'>, fileId: FileId): boolean {
  return target.kind === 'cell' && target.fileId !== undefined && target.fileId !== fileId;
}

/** One's own runs are seen as they are, in whichever notebook. */
export function seenRun(run: RunView, { fileId, participantId }: Viewer): RunView {
  if (!isElsewhere(run, fileId) || run.author.participantId === participantId) return run;
  return { ...run, author: SOMEBODY, sourceHash: '', reason: null };
}

export function seenQueue(queue: QueueView, viewer: Viewer): QueueView {
  const { running, queued } = queue;
  return {
    ...queue,
    running: running && seenRun(running, viewer),
    queued: queued.map((run) => seenRun(run, viewer)),
  };
}
