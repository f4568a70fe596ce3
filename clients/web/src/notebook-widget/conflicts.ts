/** The cells of a notebook of which a merge kept two versions: where they are, and what a person does about them. */
import type { Room } from '@cokernel/core';
import { roleHas, type CellId } from '@cokernel/proto/hub';
import { conflictOf, settleConflict, toJsonObject, type KeptVersion } from '@cokernel/proto/notebook';
import type { YNotebook } from '@jupyter/ydoc';
import type { Notebook } from '@jupyterlab/notebook';
import { nowAndThen } from '../now-and-then.js';
import { cellIdOf } from './cell-id.js';
import type { ConflictLinks } from './conflict-header.js';
import { showCell } from './show-cell.js';

/** `notebook`: its widget, once it is built. */
export function conflictLinks(room: Room, document: YNotebook, notebook: () => Notebook | null): ConflictLinks {
  const show = (cellId: CellId): void => {
    const widget = notebook();
    if (widget !== null) showCell(widget, cellId);
  };
  return {
    show,
    mayEdit: () => room.state.you !== null && roleHas(room.state.you.role, 'edit'),
    placeOf: (cellId) => document.cells.findIndex(({ id }) => id === cellId),
    settle: (conflict, kept) => show(settle(document, conflict, kept)),
    onChange: (draw) => {
      const drawing = nowAndThen(draw);
      const unsubscribe = room.subscribe(drawing.ask);
      document.changed.connect(drawing.ask);
      return () => {
        unsubscribe();
        document.changed.disconnect(drawing.ask);
        drawing.cancel();
      };
    },
  };
}

/** One undo step. Answers the cell that has what was kept. */
function settle(document: YNotebook, conflict: CellId, kept: KeptVersion): CellId {
  const cell = document.cells.find(({ id }) => id === conflict);
  const other = cell === undefined ? null : conflictOf(toJsonObject(cell.metadata));
  document.undoManager.stopCapturing();
  settleConflict(document.ydoc, conflict, kept, document);
  document.undoManager.stopCapturing();
  return other !== null && document.cells.some(({ id }) => id === other) ? other : conflict;
}

/** The next one below the active cell, or from the top again; its buttons are the next stops of Tab. */
export function showNextConflict(notebook: Notebook): void {
  const below = notebook.activeCellIndex + 1;
  const { widgets } = notebook;
  const next = [...widgets.slice(below), ...widgets.slice(0, below)].find(
    ({ model }) => conflictOf(toJsonObject(model.metadata)) !== null,
  );
  if (next !== undefined) showCell(notebook, cellIdOf(next));
}
