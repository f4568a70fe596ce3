/** Pure: the text being typed, as it changes by keys. Lines are edited as one text; history holds earlier texts. */

/** As Node's readline reports a key. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  readonly shift?: boolean | undefined;
}

export interface EditState {
  readonly text: string;
  /** In UTF-16 units, never inside a character. */
  readonly cursor: number;
  /** Oldest first. */
  readonly history: readonly string[];
  /** The entry shown; `history.length` is what is being typed anew. */
  readonly place: number;
  /** What was typed before going up in the history. */
  readonly draft: string;
}

export function emptyEdit(history: readonly string[]): EditState {
  return { text: '', cursor: 0, history, place: history.length, draft: '' };
}

export function insertText(edit: EditState, text: string): EditState {
  return withText(
    edit,
    edit.text.slice(0, edit.cursor) + text + edit.text.slice(edit.cursor),
    edit.cursor + text.length,
  );
}

/** Replaces `from`..`to` and puts the cursor behind. */
export function replaceText(edit: EditState, from: number, to: number, text: string): EditState {
  return withText(edit, edit.text.slice(0, from) + text + edit.text.slice(to), from + text.length);
}

/** The edit after a key; null when the key means nothing to a text. */
export function applyKey(edit: EditState, key: Key): EditState | null {
  const command = commands[commandName(key)];
  if (command !== undefined) return command(edit);
  const { sequence } = key;
  const printable =
    sequence !== undefined && key.ctrl !== true && key.meta !== true && /^[^\x00-\x1f\x7f]+$/.test(sequence);
  return printable ? insertText(edit, sequence) : null;
}

/** A space for a command that no key has, so that `m` and Alt-m differ. */
function commandName({ name, ctrl, meta }: Key): string {
  return `${ctrl === true ? 'ctrl ' : ''}${meta === true ? 'meta ' : ''}${name ?? ''}`;
}

const commands: Readonly<Partial<Record<string, (edit: EditState) => EditState>>> = {
  left: (edit) => moved(edit, before(edit)),
  'ctrl b': (edit) => moved(edit, before(edit)),
  right: (edit) => moved(edit, after(edit)),
  'ctrl f': (edit) => moved(edit, after(edit)),
  'ctrl left': (edit) => moved(edit, wordBefore(edit)),
  'meta b': (edit) => moved(edit, wordBefore(edit)),
  'ctrl right': (edit) => moved(edit, wordAfter(edit)),
  'meta f': (edit) => moved(edit, wordAfter(edit)),
  home: (edit) => moved(edit, lineStart(edit)),
  'ctrl a': (edit) => moved(edit, lineStart(edit)),
  end: (edit) => moved(edit, lineEnd(edit)),
  'ctrl e': (edit) => moved(edit, lineEnd(edit)),
  up: (edit) => lineUp(edit) ?? older(edit),
  'ctrl p': older,
  down: (edit) => lineDown(edit) ?? newer(edit),
  'ctrl n': newer,
  backspace: (edit) => replaceText(edit, backspaceTo(edit), edit.cursor, ''),
  'ctrl h': (edit) => replaceText(edit, before(edit), edit.cursor, ''),
  delete: (edit) => replaceText(edit, edit.cursor, after(edit), ''),
  'ctrl d': (edit) => replaceText(edit, edit.cursor, after(edit), ''),
  'ctrl w': (edit) => replaceText(edit, wordBefore(edit), edit.cursor, ''),
  'meta backspace': (edit) => replaceText(edit, wordBefore(edit), edit.cursor, ''),
  'ctrl u': (edit) => replaceText(edit, lineStart(edit), edit.cursor, ''),
  'ctrl k': (edit) => replaceText(edit, edit.cursor, lineEnd(edit), ''),
  'meta return': (edit) => insertText(edit, '\n'),
  'meta enter': (edit) => insertText(edit, '\n'),
};

function withText(edit: EditState, text: string, cursor: number): EditState {
  return { ...edit, text, cursor };
}

function moved(edit: EditState, cursor: number): EditState {
  return { ...edit, cursor };
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function before({ text, cursor }: EditState): number {
  const start = text.lastIndexOf('\n', cursor - 1) + 1;
  if (start === cursor) return Math.max(0, cursor - 1);
  const last = [...graphemes.segment(text.slice(start, cursor))].at(-1);
  return start + (last?.index ?? 0);
}

function after({ text, cursor }: EditState): number {
  const [first] = graphemes.segment(text.slice(cursor, cursor + 64));
  return cursor + (first?.segment.length ?? 0);
}

/** In the blank start of a line a whole step of indentation goes at once. */
function backspaceTo(edit: EditState): number {
  const indent = edit.text.slice(lineStart(edit), edit.cursor);
  if (!/^ +$/.test(indent)) return before(edit);
  return edit.cursor - (indent.length % 4 === 0 ? 4 : indent.length % 4);
}

function wordBefore({ text, cursor }: EditState): number {
  return /(?:[\p{L}\p{N}_]+|[^\p{L}\p{N}_]+?)?[^\p{L}\p{N}_\n]*$/u.exec(text.slice(0, cursor))?.index ?? 0;
}

function wordAfter({ text, cursor }: EditState): number {
  return cursor + (/^[^\p{L}\p{N}_]*[\p{L}\p{N}_]*/u.exec(text.slice(cursor))?.[0].length ?? 0);
}

function lineStart({ text, cursor }: EditState): number {
  return cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;
}

function lineEnd({ text, cursor }: EditState): number {
  const end = text.indexOf('\n', cursor);
  return end === -1 ? text.length : end;
}

function lineUp(edit: EditState): EditState | null {
  const start = lineStart(edit);
  if (start === 0) return null;
  const above = lineStart(moved(edit, start - 1));
  return moved(edit, Math.min(above + edit.cursor - start, start - 1));
}

function lineDown(edit: EditState): EditState | null {
  const end = lineEnd(edit);
  if (end === edit.text.length) return null;
  const column = edit.cursor - lineStart(edit);
  return moved(edit, Math.min(end + 1 + column, lineEnd(moved(edit, end + 1))));
}

function older(edit: EditState): EditState {
  return edit.place === 0 ? edit : shown(edit, edit.place - 1);
}

function newer(edit: EditState): EditState {
  return edit.place >= edit.history.length ? edit : shown(edit, edit.place + 1);
}

function shown(edit: EditState, place: number): EditState {
  const draft = edit.place === edit.history.length ? edit.text : edit.draft;
  const text = edit.history[place] ?? draft;
  return { ...edit, text, cursor: text.length, place, draft };
}
