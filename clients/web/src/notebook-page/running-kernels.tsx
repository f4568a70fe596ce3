/** The running kernels that this notebook could share, asked for when the menu opens. */
import type { HubClient, Room, RoomState } from '@cokernel/core';
import type { RunningKernelView } from '@cokernel/proto/hub';
import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useEffect, useState, type ReactElement } from 'react';
import { messageOf } from '../ui/message.js';
import { askHub } from './ask-hub.js';
import { runningKernelText } from './kernel-texts.js';

interface RunningKernelsProps {
  readonly hub: HubClient;
  readonly room: Room;
  readonly state: RoomState;
}

type Asked =
  | { readonly state: 'asking' }
  | { readonly state: 'known'; readonly kernels: readonly RunningKernelView[] }
  | { readonly state: 'refused'; readonly why: string };

/** As of when the menu was opened. */
function useRunningKernels(hub: HubClient): Asked {
  const [asked, setAsked] = useState<Asked>({ state: 'asking' });
  useEffect(() => {
    let isShown = true;
    const show = (next: Asked): void => {
      if (isShown) setAsked(next);
    };
    hub.runningKernels().then(
      (kernels) => show({ state: 'known', kernels }),
      (reason: unknown) => show({ state: 'refused', why: messageOf(reason) }),
    );
    return () => {
      isShown = false;
    };
  }, [hub]);
  return asked;
}

/** One that died has nothing to share. */
const isLive = ({ status }: RunningKernelView): boolean => status !== 'dead' && status !== 'failed';

export function RunningKernels({ hub, room, state }: RunningKernelsProps): ReactElement {
  const asked = useRunningKernels(hub);
  switch (asked.state) {
    case 'asking':
      return <p className="ck-hint">Looking…</p>;
    case 'refused':
      return <p className="ck-hint">{asked.why}</p>;
    case 'known': {
      const kernels = asked.kernels.filter(isLive);
      if (kernels.length === 0) return <p className="ck-hint">None runs.</p>;
      return <>{kernels.map((kernel) => runningItem(kernel, room, state))}</>;
    }
  }
}

function runningItem(kernel: RunningKernelView, room: Room, state: RoomState): ReactElement {
  const { kernelId, displayName } = kernel;
  const isOurs = kernelId === state.kernel?.kernelId;
  const whose = runningKernelText(kernel);
  return (
    <DropdownMenu.Item
      key={kernelId}
      className="ck-menu-item"
      data-testid="running-kernel"
      data-current={isOurs}
      disabled={isOurs}
      aria-label={`${isOurs ? 'This notebook uses' : 'Share'} ${displayName}: ${whose}`}
      onSelect={() => askHub(room, 'useKernel', { kernelId })}
    >
      <span className="ck-menu-icon">{isOurs ? <Check aria-hidden /> : null}</span>
      {displayName}
      <small>{whose}</small>
    </DropdownMenu.Item>
  );
}
