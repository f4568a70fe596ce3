/** Pure: where a person may move a run that waits: among their own places, or anywhere when they manage the room. */
import type { CallParams, RunView } from '@cokernel/proto/hub';
import { roleHas } from '@cokernel/proto/hub';
import type { RoomState } from './room.js';

/** The call `moveRun` for one place up or down; null where there is none, or when it is not theirs to move. */
export function runMove(
  { queue, you }: Pick<RoomState, 'queue' | 'you'>,
  run: RunView,
  direction: 'up' | 'down',
): CallParams<'moveRun'> | null {
  if (you === null || !roleHas(you.role, 'run')) return null;
  const isMovable = ({ author }: RunView): boolean =>
    roleHas(you.role, 'manage') || author.participantId === you.participantId;
  const movable = queue.queued.filter(isMovable);
  const place = movable.findIndex(({ runId }) => runId === run.runId);
  const other = movable[direction === 'up' ? place - 1 : place + 1];
  if (place === -1 || other === undefined) return null;
  const before = direction === 'up' ? other : movable[place + 2];
  return { runId: run.runId, before: before?.runId ?? null };
}
