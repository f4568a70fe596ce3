/** Holds the notebook widget in the page: builds it when the document is here, takes it away with the page. */
import type { Room } from '@cokernel/core';
import type { YNotebook } from '@jupyter/ydoc';
import { NotebookActions } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { useLayoutEffect, useRef, type ReactElement } from 'react';
import { buildNotebook } from '../notebook-widget/build-notebook.js';
import type { HubNotebook } from '../notebook-widget/hub-notebook.js';
import type { StoredOutputs } from '../notebook-widget/stored-outputs.js';
import { tellEnqueued, tellRefused } from './run-notices.js';
import { inBackground } from '../ui/in-background.js';
import './notebook-frame.css';

interface NotebookFrameProps {
  readonly room: Room;
  readonly document: YNotebook;
  readonly stored: StoredOutputs;
  readonly onBuilt: (notebook: HubNotebook | null) => void;
}

/** The keys work at once; in a new notebook one can type at once. */
function begin(notebook: HubNotebook): void {
  notebook.activeCellIndex = 0;
  const [only, ...others] = notebook.widgets;
  const isNew = only?.model.type === 'code' && others.length === 0 && only.model.sharedModel.getSource() === '';
  if (isNew) notebook.mode = 'edit';
  else inBackground(NotebookActions.focusActiveCell(notebook));
}

export function NotebookFrame({ room, document, stored, onBuilt }: NotebookFrameProps): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  // A layout effect ends while the node is still in the page, from which the widget has to be detached.
  useLayoutEffect(() => {
    if (host.current === null) return undefined;
    const built = buildNotebook({
      room,
      document,
      stored,
      onEnqueued: (runs) => tellEnqueued(room, runs),
      onRefused: tellRefused,
    });
    Widget.attach(built.widget, host.current);
    begin(built.widget);
    onBuilt(built.widget);
    return () => {
      onBuilt(null);
      built.dispose();
    };
  }, [room, document, stored, onBuilt]);
  return <div className="ck-notebook jp-ThemedContainer" data-testid="notebook" ref={host} />;
}
