/** Where one is, whether it is saved, who is here, how the kernel does. */
import type { HubClient, Room, RoomState } from '@cokernel/core';
import { PanelRight } from 'lucide-react';
import type { ReactElement } from 'react';
import { folderOf, folderUrl, nameOf } from '../route.js';
import mark from '../theme/mark.svg';
import { ThemeSwitch } from '../theme/theme-switch.js';
import { IconButton } from '../ui/icon-button.js';
import { Link } from '../ui/link.js';
import { KernelMenu } from './kernel-menu.js';
import { Faces } from './people.js';
import { SavingStatus } from './saving-status.js';
import './top-bar.css';

interface TopBarProps {
  readonly hub: HubClient;
  readonly room: Room;
  readonly state: RoomState;
  /** What people write lies in Redis's memory until it is saved. */
  readonly inMemory: boolean;
  readonly sideOpen: boolean;
  readonly onToggleSide: () => void;
  readonly onSave: () => void;
  readonly onRestart: () => void;
}

const connectionTexts: Readonly<Record<RoomState['connection'], string>> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  disconnected: 'Connection lost',
  failed: 'Not connected',
};

export function TopBar(props: TopBarProps): ReactElement {
  const { hub, room, state, inMemory, sideOpen, onToggleSide, onSave, onRestart } = props;
  const folder = folderOf(state.path);
  return (
    <header className="ck-top-bar">
      <Link to={folderUrl(folder)} className="ck-home" aria-label="Files">
        <img src={mark} alt="" width={28} height={28} />
      </Link>
      <div className="ck-title">
        {folder === '' ? null : <span className="ck-folder">{folder} /</span>}
        <h1>{nameOf(state.path).replace(/\.ipynb$/, '')}</h1>
      </div>
      <SavingStatus saving={state.saving} inMemory={inMemory} onSave={onSave} />
      <span className="ck-connection" data-testid="connection" data-state={state.connection} role="status">
        {connectionTexts[state.connection]}
      </span>
      <span className="ck-spring" />
      <Faces participants={state.participants} />
      <KernelMenu hub={hub} room={room} state={state} onRestart={onRestart} />
      <ThemeSwitch />
      <IconButton label="People, queue and versions" pressed={sideOpen} onClick={onToggleSide} testId="toggle-side">
        <PanelRight aria-hidden />
      </IconButton>
    </header>
  );
}
