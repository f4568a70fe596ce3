/** Colours code by the language of the notebook's metadata or, where a new notebook has none yet, of its kernel. */
import type { Room } from '@cokernel/core';
import type { IEditorMimeTypeService } from '@jupyterlab/codeeditor';
import type { Notebook } from '@jupyterlab/notebook';

/** The language that the room's kernel, or else its first kernelspec, speaks. */
function languageOf(room: Room): string | null {
  const { kernel, kernelSpecs } = room.state;
  const spec = kernelSpecs.find((candidate) => candidate.name === kernel?.specName) ?? kernelSpecs[0];
  return kernel?.language ?? spec?.language ?? null;
}

/** Returns what ends it. */
export function followLanguage(room: Room, notebook: Notebook, mimeTypes: IEditorMimeTypeService): () => void {
  const colour = (): void => {
    const name = languageOf(room);
    if (name === null || notebook.model === null || notebook.model.getMetadata('language_info')) return;
    const mimeType = mimeTypes.getMimeTypeByLanguage({ name: name === 'python' ? 'ipython' : name });
    for (const cell of notebook.widgets) {
      if (cell.model.type === 'code' && cell.model.mimeType !== mimeType) cell.model.mimeType = mimeType;
    }
  };
  const cells = notebook.model?.cells;
  cells?.changed.connect(colour);
  const unsubscribe = room.subscribe(colour);
  colour();
  return () => {
    unsubscribe();
    cells?.changed.disconnect(colour);
  };
}
