/** NotebookFiles without their thread: for tests of what stands on them. */
import type { NotebookFiles, SaveLimits } from '../../src/room/notebook-files.js';
import { readNotebookFile } from '../../src/save-worker/read-notebook-file.js';
import { sendNotebook } from '../../src/save-worker/send-notebook.js';
import { writeNotebookFile } from '../../src/save-worker/write-notebook-file.js';

export const SAVE_LIMITS: SaveLimits = { output: 10 * 1024 * 1024, file: 100 * 1024 * 1024 };

/** `outputsFolder`: of an output store. */
export function notebookFilesIn(outputsFolder: string, limits = SAVE_LIMITS): NotebookFiles {
  const settings = { outputsFolder, limits };
  return {
    read: ({ put, ...job }) =>
      readNotebookFile({ kind: 'read', ...job }, settings, async (question) => {
        if (question.kind === 'put') await put(question.bytes);
      }),
    write: ({ onDraft, ...job }) =>
      writeNotebookFile({ kind: 'write', ...job }, settings, async (question) => {
        if (question.kind === 'draft') await onDraft(question.draft);
      }),
    send: ({ onPiece, ...job }) =>
      sendNotebook({ kind: 'send', ...job }, settings, async (question) => {
        if (question.kind === 'piece') await onPiece(question.bytes);
      }),
  };
}
