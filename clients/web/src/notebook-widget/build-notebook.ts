/** Puts the notebook widget of one room together from its parts: editors, renderers, runner, moves, marks. */
import type { Room } from '@cokernel/core';
import type { YNotebook } from '@jupyter/ydoc';
import { NotebookModel, StaticNotebook } from '@jupyterlab/notebook';
import { buildEditors } from './collaborative-editor.js';
import { conflictLinks } from './conflicts.js';
import { HubContentFactory } from './hub-code-cell.js';
import { HubNotebook } from './hub-notebook.js';
import { kernelCompletion } from './kernel-completion.js';
import { followLanguage } from './language.js';
import type { MovePlan } from './move-plan.js';
import { buildRenderers } from './output-renderers.js';
import { RunMarks } from './run-marks.js';
import { runThroughHub, type Enqueued } from './run-cells.js';
import type { StoredOutputs } from './stored-outputs.js';
import { StoredTexts } from './stored-texts.js';
import './cells.css';

interface NotebookOptions {
  readonly room: Room;
  /** Synced: an empty document would be taken for an empty notebook. */
  readonly document: YNotebook;
  readonly stored: StoredOutputs;
  readonly onEnqueued: (runs: readonly Enqueued[]) => void;
  readonly onRefused: (error: unknown) => void;
}

export interface BuiltNotebook {
  readonly widget: HubNotebook;
  dispose(): void;
}

export const editorConfig: StaticNotebook.IEditorConfig = {
  code: {
    ...StaticNotebook.defaultEditorConfig.code,
    lineNumbers: false,
    matchBrackets: true,
    autoClosingBrackets: true,
  },
  markdown: { ...StaticNotebook.defaultEditorConfig.markdown, lineNumbers: false, lineWrap: true },
  raw: { ...StaticNotebook.defaultEditorConfig.raw, lineNumbers: false },
};

// 'defer' draws every cell when there is time: late cells are in the page for search, marks and screen readers.
export const notebookConfig: StaticNotebook.INotebookConfig = {
  ...StaticNotebook.defaultNotebookConfig,
  windowingMode: 'defer',
  disableDocumentWideUndoRedo: false,
  scrollPastEnd: true,
};

/** Asks the hub for each cell of the plan in turn; their order comes out as planned. */
async function moveCells(room: Room, plan: MovePlan): Promise<void> {
  for (const cellId of plan.moved) await room.call('moveCell', { cellId, before: plan.before });
}

export function buildNotebook({ room, document, stored, onEnqueued, onRefused }: NotebookOptions): BuiltNotebook {
  const editors = buildEditors({ awareness: document.awareness, completion: kernelCompletion(room) });
  const marks = new RunMarks(room);
  const texts = new StoredTexts(stored);
  const conflicts = conflictLinks(room, document, () => widget);
  const widget: HubNotebook = new HubNotebook(
    {
      rendermime: buildRenderers(stored),
      contentFactory: new HubContentFactory({ editorFactory: editors.factory, conflicts }),
      mimeTypeService: editors.mimeTypes,
      editorConfig,
      notebookConfig,
    },
    {
      move: (plan) => void moveCells(room, plan).catch(onRefused),
      decorate: (cell) => {
        marks.add(cell);
        texts.add(cell);
      },
    },
  );
  const model = new NotebookModel({ sharedModel: document, collaborationEnabled: true });
  const stopRunning = runThroughHub(model, { room, onEnqueued, onRefused });
  widget.model = model;
  marks.start();
  const stopLanguage = followLanguage(room, widget, editors.mimeTypes);
  const dispose = (): void => {
    stopLanguage();
    marks.stop();
    stopRunning();
    widget.dispose();
    model.dispose();
  };
  return { widget, dispose };
}
