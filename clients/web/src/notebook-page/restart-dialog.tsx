/** Asks before a restart, and names whose runs it ends. */
import type { Room, RoomState } from '@cokernel/core';
import { AlertDialog } from 'radix-ui';
import { useState, type ReactElement } from 'react';
import { askHub } from './ask-hub.js';
import { otherNotebooks } from './kernel-texts.js';
import { restartLosses } from './restart-losses.js';

interface RestartDialogProps {
  readonly room: Room;
  readonly state: RoomState;
  readonly onClose: () => void;
}

/** The notebooks whose people lose what is in memory. */
function whose({ kernel, fileId }: RoomState): string {
  return ['the notebook', ...(kernel === null ? [] : otherNotebooks(kernel, fileId))].join(' and ');
}

function KeepQueue({
  keep,
  onKeep,
}: {
  readonly keep: boolean;
  readonly onKeep: (keep: boolean) => void;
}): ReactElement {
  return (
    <label className="ck-check">
      <input type="checkbox" checked={keep} onChange={(event) => onKeep(event.target.checked)} />
      Keep the waiting runs; they are held until somebody says go on
    </label>
  );
}

export function RestartDialog({ room, state, onClose }: RestartDialogProps): ReactElement {
  const [keep, setKeep] = useState(false);
  const queue = keep ? { ...state.queue, queued: [] } : state.queue;
  const losses = restartLosses(queue, state.you?.participantId ?? null);
  const restart = (): void => askHub(room, 'restart', { queued: keep ? 'keep' : 'cancel' });
  return (
    <AlertDialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="ck-overlay" />
        <AlertDialog.Content className="ck-dialog" data-testid="restart-dialog">
          <AlertDialog.Title>Restart the kernel?</AlertDialog.Title>
          <AlertDialog.Description>
            All variables in {state.kernel?.displayName ?? 'the kernel'} are lost, for everybody in {whose(state)}.
          </AlertDialog.Description>
          <ul className="ck-losses">
            {losses.map((loss) => (
              <li key={loss}>{loss}</li>
            ))}
          </ul>
          {state.queue.queued.length > 0 ? <KeepQueue keep={keep} onKeep={setKeep} /> : null}
          <div className="ck-dialog-buttons">
            <AlertDialog.Cancel className="ck-button">Leave it running</AlertDialog.Cancel>
            <AlertDialog.Action className="ck-button ck-danger" data-testid="restart-confirm" onClick={restart}>
              Restart
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
