/**
 * Pure: the text of an .ipynb file, byte for byte as Python's nbformat writes it, so that a file looks the same
 * whichever program saved it.
 */
import { cellWriter, fileNotebook } from './file-form.js';
import type { Notebook } from './nbformat.js';
import { NumberSpelling } from './number-spelling.js';
import { pythonJson } from './python-json.js';

/** `former`: the file's text so far, whose spelling of numbers is kept (1.0, 1e+16, integers past 2^53). */
export function writeNotebook(notebook: Notebook, former = ''): string {
  const numbers = NumberSpelling.of(former);
  return `${pythonJson(fileNotebook(notebook, notebook.cells.map(cellWriter(notebook, numbers)), numbers))}\n`;
}
