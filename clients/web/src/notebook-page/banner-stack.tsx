/** Shows the banners and does what their buttons say. */
import type { Room, RoomState } from '@cokernel/core';
import type { ReactElement } from 'react';
import { askHub } from './ask-hub.js';
import type { HubNotices } from '../use-notices.js';
import { banners, type Banner, type BannerAction } from './banners.js';

interface BannerStackProps {
  readonly room: Room;
  readonly state: RoomState;
  readonly notices: HubNotices;
}

const actionTexts: Readonly<Record<BannerAction, string>> = {
  goOn: 'Go on',
  restart: 'Start it again',
  startFresh: 'Start a fresh kernel',
  letGo: 'Go on without it',
  reload: 'Try again',
};

function act(room: Room, action: BannerAction): void {
  switch (action) {
    case 'goOn':
      askHub(room, 'goOn', {});
      return;
    case 'restart':
      startAgain(room);
      return;
    case 'startFresh':
      askHub(room, 'startKernel', {});
      return;
    case 'letGo':
      askHub(room, 'useKernel', { kernelId: null });
      return;
    case 'reload':
      window.location.reload();
      return;
  }
}

/** What waits in the queue is kept: it is not the waiting people's fault that the kernel is gone. */
function startAgain(room: Room): void {
  const specName = room.state.kernel?.specName;
  if (room.state.kernel?.status === 'dead') askHub(room, 'restart', { queued: 'keep' });
  else if (specName !== undefined) askHub(room, 'startKernel', { specName });
}

function BannerRow({ room, banner }: { readonly room: Room; readonly banner: Banner }): ReactElement {
  const { action } = banner;
  return (
    <div className="ck-banner" data-tone={banner.tone} data-testid="banner" data-banner={banner.id} role="alert">
      <div>
        <strong>{banner.title}</strong>
        {banner.detail === null ? null : <pre>{banner.detail}</pre>}
      </div>
      {action === null ? null : (
        <button type="button" className="ck-button" onClick={() => act(room, action)}>
          {actionTexts[action]}
        </button>
      )}
    </div>
  );
}

export function BannerStack({ room, state, notices }: BannerStackProps): ReactElement {
  const rows = banners(state, notices).map((banner) => <BannerRow key={banner.id} room={room} banner={banner} />);
  return <>{rows}</>;
}
