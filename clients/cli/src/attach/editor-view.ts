/** Pure: the rows at the bottom of the terminal: what is being typed behind its prompt, and where the cursor stands. */
import { textWidth, wrapLine } from '../text/terminal-text.js';

export interface EditorView {
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

export interface EditorLook {
  /** Before the first line, such as `In [3]: `. */
  readonly prompt: string;
  /** Before each further line; as wide as the prompt. */
  readonly continuation: string;
  readonly text: string;
  readonly cursor: number;
  /** The text with colours, the same number of lines; the text itself when there are none. */
  readonly shown: string;
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** `above`: rows before the prompt, such as an output line that is not finished. */
export function editorView(look: EditorLook, above: readonly string[], size: ScreenSize): EditorView {
  // One column stays free: a terminal that is about to wrap disagrees with the next about where the cursor is.
  const columns = Math.max(10, size.columns - 1);
  const head = above.flatMap((line) => wrapLine(line, columns));
  const lines = look.shown.split('\n').map((line, index) => prefix(look, index) + line);
  const typed = look.text.slice(0, look.cursor).split('\n');
  const last = typed.length - 1;
  const before = wrapLine(prefix(look, last) + (typed[last] ?? ''), columns);
  const rowsAbove = lines.slice(0, last).flatMap((line) => wrapLine(line, columns)).length;
  const view = {
    rows: [...head, ...lines.flatMap((line) => wrapLine(line, columns))],
    cursorRow: head.length + rowsAbove + before.length - 1,
    cursorColumn: textWidth(before.at(-1) ?? ''),
  };
  return clipped(view, Math.max(1, size.rows - 1));
}

function prefix(look: EditorLook, line: number): string {
  return line === 0 ? look.prompt : look.continuation;
}

/** No more rows than the terminal has, the cursor's among them. */
function clipped(view: EditorView, most: number): EditorView {
  if (view.rows.length <= most) return view;
  const first = Math.max(0, Math.min(view.cursorRow - most + 1, view.rows.length - most));
  const start = Math.max(first, Math.min(view.cursorRow, view.rows.length - most));
  return { ...view, rows: view.rows.slice(start, start + most), cursorRow: view.cursorRow - start };
}
