/** The kernel's status, and the menu that chooses, starts, restarts and stops it. */
import type { Room, RoomState } from '@cokernel/core';
import type { KernelStatus } from '@cokernel/proto/hub';
import { Check, ChevronDown, CircleStop, Power, RotateCcw } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { askHub } from './ask-hub.js';

const statusTexts: Readonly<Record<KernelStatus, string>> = {
  starting: 'starting…',
  idle: 'ready',
  busy: 'busy',
  restarting: 'restarting…',
  dead: 'died',
  failed: 'did not start',
};

interface KernelMenuProps {
  readonly room: Room;
  readonly state: RoomState;
  readonly onRestart: () => void;
}

function KernelChip({ state }: { readonly state: RoomState }): ReactElement {
  const { kernel } = state;
  return (
    <DropdownMenu.Trigger className="ck-kernel" data-testid="kernel-status" data-status={kernel?.status ?? 'none'}>
      <span className="ck-dot" aria-hidden />
      <span className="ck-kernel-name">{kernel?.displayName ?? 'No kernel'}</span>
      <span className="ck-kernel-state">
        {kernel === null ? 'starts with the first run' : statusTexts[kernel.status]}
      </span>
      <ChevronDown aria-hidden />
    </DropdownMenu.Trigger>
  );
}

function SpecItems({ room, state }: Pick<KernelMenuProps, 'room' | 'state'>): ReactElement {
  if (state.kernelSpecs.length === 0) return <p className="ck-hint">No kernel was found on this machine.</p>;
  const verb = state.kernel === null ? 'Start' : 'Change to';
  const items = state.kernelSpecs.map((spec) => (
    <DropdownMenu.Item
      key={spec.name}
      className="ck-menu-item"
      aria-label={`${verb} ${spec.displayName}`}
      onSelect={() => askHub(room, 'startKernel', { specName: spec.name })}
    >
      <span className="ck-menu-icon">{state.kernel?.specName === spec.name ? <Check aria-hidden /> : null}</span>
      {spec.displayName}
      <small>{spec.language}</small>
    </DropdownMenu.Item>
  ));
  return <>{items}</>;
}

export function KernelMenu({ room, state, onRestart }: KernelMenuProps): ReactElement {
  const none = state.kernel === null;
  return (
    <DropdownMenu.Root>
      <KernelChip state={state} />
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="ck-menu" align="end" sideOffset={6}>
          <DropdownMenu.Label className="ck-menu-label">Kernels of this machine</DropdownMenu.Label>
          <SpecItems room={room} state={state} />
          <DropdownMenu.Separator className="ck-menu-line" />
          <DropdownMenu.Item className="ck-menu-item" disabled={none} onSelect={() => askHub(room, 'interrupt', {})}>
            <CircleStop aria-hidden /> Interrupt
          </DropdownMenu.Item>
          <DropdownMenu.Item className="ck-menu-item" disabled={none} onSelect={onRestart}>
            <RotateCcw aria-hidden /> Restart…
          </DropdownMenu.Item>
          <DropdownMenu.Item className="ck-menu-item" disabled={none} onSelect={() => askHub(room, 'stopKernel', {})}>
            <Power aria-hidden /> Shut down
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
