/** Asks before a kernel is ended that others use too, or that was not started here. */
import type { Room, RoomState } from '@cokernel/core';
import { AlertDialog } from 'radix-ui';
import type { ReactElement } from 'react';
import { askHub } from './ask-hub.js';
import { stopLosses } from './kernel-texts.js';

interface StopDialogProps {
  readonly room: Room;
  readonly state: RoomState;
  readonly onClose: () => void;
}

export function StopDialog({ room, state, onClose }: StopDialogProps): ReactElement {
  return (
    <AlertDialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="ck-overlay" />
        <AlertDialog.Content className="ck-dialog" data-testid="stop-dialog">
          <AlertDialog.Title>Shut the kernel down?</AlertDialog.Title>
          <AlertDialog.Description>
            {state.kernel?.displayName ?? 'The kernel'} ends for everybody who uses it.
          </AlertDialog.Description>
          <ul className="ck-losses">
            {stopLosses(state).map((loss) => (
              <li key={loss}>{loss}</li>
            ))}
          </ul>
          <div className="ck-dialog-buttons">
            <AlertDialog.Cancel className="ck-button">Cancel</AlertDialog.Cancel>
            <AlertDialog.Action className="ck-button" onClick={() => askHub(room, 'useKernel', { kernelId: null })}>
              Only leave it
            </AlertDialog.Action>
            <AlertDialog.Action
              className="ck-button ck-danger"
              data-testid="stop-confirm"
              onClick={() => askHub(room, 'stopKernel', { confirmed: true })}
            >
              Shut down
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
