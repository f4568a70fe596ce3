/** The notebook widget of a page, what the commands act on, and the keys that call them. */
import type { Room, RoomState } from '@cokernel/core';
import type { RunView } from '@cokernel/proto/hub';
import type { YNotebook } from '@jupyter/ydoc';
import { useEffect, useMemo, useState } from 'react';
import type { CommandTargets } from '../notebook-widget/commands.js';
import type { HubNotebook } from '../notebook-widget/hub-notebook.js';
import { showCell } from '../notebook-widget/show-cell.js';
import { bindKeys } from '../notebook-widget/keys.js';
import { askHub } from './ask-hub.js';
import { useRoomDocument, type OpenRoom } from './use-room.js';

declare global {
  interface Window {
    /** For measuring and for tests: the room and the widget of the notebook that shows. */
    cokernel?: { readonly room: Room; readonly notebook: HubNotebook | null };
  }
}

/** The notebook's document once it was synced; it stays while the connection is lost. */
export function useSyncedNotebook({ room, notebookOf }: OpenRoom, state: RoomState): YNotebook | null {
  const document = useRoomDocument(room);
  const notebook = document === null ? null : notebookOf(document.doc);
  const [synced, setSynced] = useState<YNotebook | null>(null);
  useEffect(() => {
    if (state.synced && notebook !== null) setSynced(notebook);
  }, [state.synced, notebook]);
  return synced === notebook ? synced : null;
}

interface TargetOptions {
  readonly room: Room;
  readonly notebook: HubNotebook | null;
  readonly onRestart: () => void;
  readonly onPalette: () => void;
}

/** What the commands act on; null until the notebook is there. Binds the keys. */
export function useCommandTargets({ room, notebook, onRestart, onPalette }: TargetOptions): CommandTargets | null {
  const targets = useMemo(
    (): CommandTargets | null =>
      notebook === null
        ? null
        : {
            notebook,
            interrupt: () => askHub(room, 'interrupt', {}),
            restart: onRestart,
            save: () => askHub(room, 'save', {}, 'Saved'),
            openPalette: onPalette,
          },
    [room, notebook, onRestart, onPalette],
  );
  useEffect(() => (targets === null ? undefined : bindKeys(targets)), [targets]);
  useEffect(() => {
    window.cokernel = { room, notebook };
    return () => {
      delete window.cokernel;
    };
  }, [room, notebook]);
  return targets;
}

const widgetOf = (notebook: HubNotebook | null, cellId: string): HubNotebook['widgets'][number] | null =>
  notebook?.widgets.find((cell) => cell.model.id === cellId) ?? null;

/** The node of a cell; null while it is not in the page. */
export function cellNode(notebook: HubNotebook | null, cellId: string): HTMLElement | null {
  return widgetOf(notebook, cellId)?.node ?? null;
}

/** The first line of the text that a run's cell holds now; null when the cell is gone. */
export function firstLineOf(notebook: HubNotebook | null, run: RunView): string | null {
  if (run.target.kind !== 'cell') return null;
  const source = widgetOf(notebook, run.target.cellId)?.model.sharedModel.getSource();
  return source?.split('\n').find((line) => line.trim() !== '') ?? null;
}

/** Makes the cell of a run the active one and brings it into view. */
export function showCellOf(notebook: HubNotebook | null, run: RunView): void {
  if (notebook !== null && run.target.kind === 'cell') showCell(notebook, run.target.cellId);
}
