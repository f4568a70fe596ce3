/** One notebook and the people around it. */
// First: the components' own style sheets change what these say.
import './jupyter-styles.js';
import type { HubClient, RoomState } from '@cokernel/core';
import { useCallback, useEffect, useRef, useState, type ReactElement } from 'react';
import type { CommandTargets } from '../notebook-widget/commands.js';
import type { HubNotebook } from '../notebook-widget/hub-notebook.js';
import { showCell } from '../notebook-widget/show-cell.js';
import { quietYjs } from '../notebook-widget/quiet-yjs.js';
import { navigate } from '../navigation.js';
import type { Person } from '../person.js';
import { nameOf, notebookUrl } from '../route.js';
import { useNotices, type HubNotices } from '../use-notices.js';
import { askHub } from './ask-hub.js';
import { BannerStack } from './banner-stack.js';
import { CommandPalette } from './command-palette.js';
import { NotebookFrame } from './notebook-frame.js';
import { People } from './people.js';
import { PromptPlace } from './prompt-place.js';
import { QueuePanel } from './queue-panel.js';
import { RestartDialog } from './restart-dialog.js';
import { tellNotice } from './run-notices.js';
import { IN_REDIS_MEMORY } from './saving-text.js';
import { Toolbar } from './toolbar.js';
import { TopBar } from './top-bar.js';
import { cellNode, firstLineOf, showCellOf, useCommandTargets, useSyncedNotebook } from './use-notebook.js';
import { useShownState } from './use-shown-state.js';
import { useStoredOutputs } from './use-stored-outputs.js';
import { VersionsPanel } from './versions-panel.js';
import { useOpenRoom, useRoomState, type OpenRoom } from './use-room.js';
import './notebook-page.css';

quietYjs();

interface NotebookPageProps {
  readonly hub: HubClient;
  readonly path: string;
  readonly person: Person;
}

export function NotebookPage({ hub, path, person }: NotebookPageProps): ReactElement {
  const open = useOpenRoom(hub, path, person);
  const notices = useNotices(hub);
  if (open === null) return <p className="ck-loading">Opening the notebook…</p>;
  return <OpenNotebook hub={hub} open={open} notices={notices} />;
}

interface OpenNotebookProps {
  readonly hub: HubClient;
  readonly open: OpenRoom;
  readonly notices: HubNotices;
}

/** The tab's title, the address after a rename, and toasts for what the hub tells. */
function useTellings({ room }: OpenRoom, path: string, notebook: HubNotebook | null): void {
  useEffect(() => {
    document.title = `${nameOf(path)} · Cokernel`;
  }, [path]);
  // A notice may come before the notebook is built, and be answered after it.
  const built = useRef(notebook);
  useEffect(() => {
    built.current = notebook;
  }, [notebook]);
  useEffect(
    () =>
      room.onEvent((event) => {
        tellNotice(event, (cellId) => (built.current === null ? undefined : showCell(built.current, cellId)));
        if (event.event === 'pathChanged') navigate(notebookUrl(event.path), 'replace');
      }),
    [room],
  );
}

function OpenNotebook({ hub, open, notices }: OpenNotebookProps): ReactElement {
  const { room } = open;
  const state = useRoomState(room);
  const shown = useShownState(state);
  const shared = useSyncedNotebook(open, state);
  const [notebook, setNotebook] = useState<HubNotebook | null>(null);
  const [restarting, setRestarting] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [sideOpen, setSideOpen] = useState(() => window.innerWidth >= 900);
  const onRestart = useCallback(() => setRestarting(true), []);
  const onPalette = useCallback(() => setPaletteOpen(true), []);
  const targets = useCommandTargets({ room, notebook, onRestart, onPalette });
  const { stored, viewer } = useStoredOutputs(hub, room);
  useTellings(open, state.path, notebook);
  return (
    <div className="ck-page" data-side={sideOpen ? 'open' : 'closed'}>
      <TopBar
        hub={hub}
        room={room}
        state={shown}
        inMemory={notices.some(({ code }) => code === IN_REDIS_MEMORY)}
        sideOpen={sideOpen}
        onToggleSide={() => setSideOpen(!sideOpen)}
        onSave={() => askHub(room, 'save', {})}
        onRestart={onRestart}
      />
      <ToolbarRow targets={targets} state={state} />
      <BannerStack room={room} state={shown} notices={notices} />
      <main className="ck-main">
        {shared === null ? (
          <OpeningNotebook state={state} />
        ) : (
          <NotebookFrame key={shared.ydoc.guid} room={room} document={shared} stored={stored} onBuilt={setNotebook} />
        )}
        <aside className="ck-side" aria-label="People, queue and versions" hidden={!sideOpen}>
          <People participants={state.participants} you={state.you?.participantId ?? null} />
          <QueuePanel
            room={room}
            state={state}
            firstLine={(run) => firstLineOf(notebook, run)}
            onShow={(run) => showCellOf(notebook, run)}
          />
          <VersionsPanel hub={hub} room={room} stored={stored} mayEdit={mayEdit(state)} />
        </aside>
      </main>
      <PromptPlace room={room} state={state} cellNode={(cellId) => cellNode(notebook, cellId)} />
      {restarting ? <RestartDialog room={room} state={state} onClose={() => setRestarting(false)} /> : null}
      {viewer}
      <CommandPalette open={paletteOpen} onOpenChange={setPaletteOpen} targets={targets} />
    </div>
  );
}

function mayEdit({ you }: RoomState): boolean {
  return you?.role === 'editor' || you?.role === 'owner';
}

function OpeningNotebook({ state }: { readonly state: RoomState }): ReactElement {
  return <div className="ck-opening">{state.connection === 'failed' ? null : <p>Opening the notebook…</p>}</div>;
}

function ToolbarRow({ targets, state }: { targets: CommandTargets | null; state: RoomState }): ReactElement {
  if (targets === null) return <div className="ck-toolbar" aria-hidden />;
  const idle = state.queue.running === null && state.kernel?.status !== 'busy';
  const disabled = new Set([...(idle ? ['interrupt'] : []), ...(state.kernel === null ? ['restart'] : [])]);
  return <Toolbar targets={targets} disabled={disabled} />;
}
