/** The kernel's status, and the menu that chooses, starts, restarts and stops it. */
import type { HubClient, Room, RoomState } from '@cokernel/core';
import { Check, ChevronDown, CircleStop, Power, RotateCcw } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useState, type ReactElement } from 'react';
import { askHub } from './ask-hub.js';
import { kernelStateText, stopLosses } from './kernel-texts.js';
import { RunningKernels } from './running-kernels.js';
import { StopDialog } from './stop-dialog.js';

interface KernelMenuProps {
  readonly hub: HubClient;
  readonly room: Room;
  readonly state: RoomState;
  readonly onRestart: () => void;
}

interface ActionItemsProps extends Pick<KernelMenuProps, 'room' | 'state' | 'onRestart'> {
  readonly onStop: () => void;
}

function KernelChip({ state }: { readonly state: RoomState }): ReactElement {
  const { kernel } = state;
  return (
    <DropdownMenu.Trigger className="ck-kernel" data-testid="kernel-status" data-status={kernel?.status ?? 'none'}>
      <span className="ck-dot" aria-hidden />
      <span className="ck-kernel-name">{kernel?.displayName ?? 'No kernel'}</span>
      <span className="ck-kernel-state">{kernelStateText(state)}</span>
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

function ActionItems({ room, state, onRestart, onStop }: ActionItemsProps): ReactElement {
  const none = state.kernel === null;
  const asksFirst = stopLosses(state).length > 0;
  return (
    <>
      <DropdownMenu.Item className="ck-menu-item" disabled={none} onSelect={() => askHub(room, 'interrupt', {})}>
        <CircleStop aria-hidden /> Interrupt
      </DropdownMenu.Item>
      <DropdownMenu.Item
        className="ck-menu-item"
        disabled={none || state.kernel.origin === 'existing'}
        onSelect={onRestart}
      >
        <RotateCcw aria-hidden /> Restart…
      </DropdownMenu.Item>
      <DropdownMenu.Item className="ck-menu-item" disabled={none} data-testid="stop-kernel" onSelect={onStop}>
        <Power aria-hidden /> {asksFirst ? 'Shut down…' : 'Shut down'}
      </DropdownMenu.Item>
    </>
  );
}

export function KernelMenu({ hub, room, state, onRestart }: KernelMenuProps): ReactElement {
  const [stopping, setStopping] = useState(false);
  const onStop = (): void => {
    if (stopLosses(state).length > 0) setStopping(true);
    else askHub(room, 'stopKernel', {});
  };
  return (
    <>
      <DropdownMenu.Root>
        <KernelChip state={state} />
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="ck-menu" align="end" sideOffset={6}>
            <DropdownMenu.Label className="ck-menu-label">Kernels of this machine</DropdownMenu.Label>
            <SpecItems room={room} state={state} />
            <DropdownMenu.Separator className="ck-menu-line" />
            <DropdownMenu.Label className="ck-menu-label">Share a running kernel</DropdownMenu.Label>
            <RunningKernels hub={hub} room={room} state={state} />
            <DropdownMenu.Separator className="ck-menu-line" />
            <ActionItems room={room} state={state} onRestart={onRestart} onStop={onStop} />
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {stopping ? <StopDialog room={room} state={state} onClose={() => setStopping(false)} /> : null}
    </>
  );
}
