/**
 * Yjs warns several times for each cell that JupyterLab inserts, because JupyterLab reads the cell before it stands
 * in the document. Nothing is wrong then, and the warnings would bury those that matter.
 */
const HARMLESS = 'Invalid access: Add Yjs type to a document before reading data.';

/** Called once, when the notebook's code is loaded. */
export function quietYjs(): void {
  const warn = console.warn.bind(console);
  console.warn = (...words: unknown[]): void => {
    if (!words.includes(HARMLESS)) warn(...words);
  };
}
