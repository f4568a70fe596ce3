/** A notebook to be looked at: drawn as the live one is, with what lies outside, and changed by nobody. */
import { YNotebook } from '@jupyter/ydoc';
import { NotebookModel, StaticNotebook } from '@jupyterlab/notebook';
import { fillDocument, type Cell, type Notebook } from '@cokernel/proto/notebook';
import { editorConfig, notebookConfig } from './build-notebook.js';
import { buildEditors } from './collaborative-editor.js';
import { buildRenderers } from './output-renderers.js';
import type { StoredOutputs } from './stored-outputs.js';
import { StoredTexts } from './stored-texts.js';

export interface NotebookView {
  readonly widget: StaticNotebook;
  dispose(): void;
}

export function buildNotebookView(notebook: Notebook, stored: StoredOutputs): NotebookView {
  const document = new YNotebook();
  fillDocument(document.ydoc, { ...notebook, cells: notebook.cells.map(readOnly) });
  const editors = buildEditors({ awareness: document.awareness, completion: () => null });
  const widget = new StaticNotebook({
    rendermime: buildRenderers(stored),
    contentFactory: new StaticNotebook.ContentFactory({ editorFactory: editors.factory }),
    mimeTypeService: editors.mimeTypes,
    editorConfig,
    notebookConfig: { ...notebookConfig, scrollPastEnd: false },
  });
  const model = new NotebookModel({ sharedModel: document, collaborationEnabled: true });
  widget.model = model;
  const texts = new StoredTexts(stored);
  for (const cell of widget.widgets) texts.add(cell);
  const dispose = (): void => {
    widget.dispose();
    model.dispose();
    document.dispose();
  };
  return { widget, dispose };
}

/** As JupyterLab knows it. */
function readOnly(cell: Cell): Cell {
  return { ...cell, metadata: { ...cell.metadata, editable: false } };
}
