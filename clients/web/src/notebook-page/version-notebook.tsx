/** A version as it was: all its cells with what they showed, to be looked at. */
import type { HubClient, Room } from '@cokernel/core';
import type { VersionView } from '@cokernel/proto/hub';
import type { Notebook } from '@cokernel/proto/notebook';
import { Widget } from '@lumino/widgets';
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement } from 'react';
import { buildNotebookView } from '../notebook-widget/notebook-view.js';
import type { StoredOutputs } from '../notebook-widget/stored-outputs.js';
import { messageOf } from '../ui/message.js';

export interface VersionSource {
  readonly hub: HubClient;
  readonly room: Room;
  /** As the live notebook fetches and shows what lies outside. */
  readonly stored: StoredOutputs;
}

interface VersionNotebookProps extends VersionSource {
  readonly version: VersionView;
}

type Read = { readonly notebook: Notebook } | { readonly why: string } | null;

function useVersionNotebook({ hub, room, version }: Omit<VersionNotebookProps, 'stored'>): Read {
  const { versionId } = version;
  const [read, setRead] = useState<Read>(null);
  useEffect(() => {
    let isShown = true;
    const show = (next: Read): void => {
      if (isShown) setRead(next);
    };
    const { fileId } = room.state;
    if (fileId === null) return undefined;
    hub.versionNotebook(fileId, versionId).then(
      (notebook) => show({ notebook }),
      (reason: unknown) => show({ why: messageOf(reason) }),
    );
    return () => {
      isShown = false;
    };
  }, [hub, room, versionId]);
  return read;
}

export function VersionNotebook({ hub, room, version, stored }: VersionNotebookProps): ReactElement {
  const read = useVersionNotebook({ hub, room, version });
  if (read === null) return <p className="ck-hint">Opening…</p>;
  if ('why' in read) return <p className="ck-hint">{read.why}</p>;
  return <View notebook={read.notebook} stored={stored} />;
}

function View({ notebook, stored }: { readonly notebook: Notebook; readonly stored: StoredOutputs }): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  // A layout effect ends while the node is still in the page, from which the widget has to be detached.
  useLayoutEffect(() => {
    if (host.current === null) return undefined;
    const view = buildNotebookView(notebook, stored);
    Widget.attach(view.widget, host.current);
    return () => view.dispose();
  }, [notebook, stored]);
  return (
    <div
      className="ck-notebook ck-version-notebook jp-ThemedContainer"
      data-testid="version-notebook"
      aria-label="The notebook as it was"
      role="region"
      ref={host}
    />
  );
}
