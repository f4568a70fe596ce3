/** Pure: notebooks may share a kernel, and its queue has the runs of all of them: of which other notebook a run is. */
import type { RunView } from '@cokernel/proto/hub';
import type { RoomState } from './room.js';

/** The other notebook's path; null for a run of this notebook's cell, or of none. */
export function otherNotebookOf(run: RunView, { fileId, kernel }: Pick<RoomState, 'fileId' | 'kernel'>): string | null {
  const { target } = run;
  if (target.kind !== 'cell' || target.fileId === undefined || target.fileId === fileId) return null;
  return kernel?.notebooks.find((notebook) => notebook.fileId === target.fileId)?.path ?? 'another notebook';
}
