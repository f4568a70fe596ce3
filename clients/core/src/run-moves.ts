/** Pure: where a person may move a run that waits: among their own places, or among all of the notebook when they manage it. */
import type { CallParams, RunView } from '@cokernel/proto/hub';
import { roleHas } from '@cokernel/proto/hub';
import { otherNotebookOf } from './other-notebook.js';
import type { RoomState } from './room.js';

/** The call `moveRun` for one place up or down; null where there is none, or when it is not theirs to move. */
export function runMove(
  state: Pick<RoomState, 'queue' | 'you' | 'fileId' | 'kernel'>,
  run: RunView,
  direction: 'up' | 'down',
): CallParams<'moveRun'> | null {
  const { queue, you } = state;
  if (you === null || !roleHas(you.role, 'run')) return null;
  const isMovable = (one: RunView): boolean =>
    one.author.participantId === you.participantId ||
    (roleHas(you.role, 'manage') && otherNotebookOf(one, state) === null);
  const movable = queue.queued.filter(isMovable);
  const place = movable.findIndex(({ runId }) => runId === run.runId);
  const other = movable[direction === 'up' ? place - 1 : place + 1];
  if (place === -1 || other === undefined) return null;
  const before = direction === 'up' ? other : movable[place + 2];
  return { runId: run.runId, before: before?.runId ?? null };
}
