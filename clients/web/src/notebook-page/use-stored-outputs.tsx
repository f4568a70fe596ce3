/** How the notebook's widget reaches what lies outside the document, and the viewer of a whole text, when one is open. */
import type { HubClient, Room } from '@cokernel/core';
import { useMemo, useState, type ReactElement } from 'react';
import { storedOutputs, type OpenedText, type StoredOutputs } from '../notebook-widget/stored-outputs.js';
import { TextViewer } from './text-viewer.js';

export function useStoredOutputs(
  hub: HubClient,
  room: Room,
): { readonly stored: StoredOutputs; readonly viewer: ReactElement | null } {
  const [opened, setOpened] = useState<OpenedText | null>(null);
  const stored = useMemo(() => storedOutputs(hub, () => room.state.fileId, setOpened), [hub, room]);
  const { fileId } = room.state;
  const name = useMemo(
    () => (opened === null || fileId === null ? null : { fileId, ...opened.name }),
    [opened, fileId],
  );
  if (opened === null || name === null) return { stored, viewer: null };
  return {
    stored,
    viewer: <TextViewer hub={hub} title={opened.title} name={name} onClose={() => setOpened(null)} />,
  };
}
