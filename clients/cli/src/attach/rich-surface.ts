/**
 * A terminal with cursor movement: the prompt stays at the bottom while lines appear above it. Guarantees that what is
 * being typed is never torn apart by output, and that the terminal is as before after `stop()`.
 */
import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Paint } from '../text/terminal-text.js';
import type { EditState, Key } from './edit-state.js';
import { applyKey, emptyEdit, insertText, replaceText } from './edit-state.js';
import type { EditorLook, EditorView } from './editor-view.js';
import { editorView } from './editor-view.js';
import type { InputMode, Surface, SurfaceListener } from './surface.js';

export interface RichSurfaceOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly paint: Paint;
  /** Earlier inputs, oldest first. */
  readonly history: readonly string[];
  /** The code with colours, line for line. */
  readonly highlight: (code: string) => string;
}

const BRACKETED_PASTE_ON = '\x1b[?2004h';
const BRACKETED_PASTE_OFF = '\x1b[?2004l';
const INDENT = '    ';

export class RichSurface implements Surface {
  #edit: EditState;
  #answer: EditState = emptyEdit([]);
  #mode: InputMode = { kind: 'busy', note: '' };
  #live = '';
  #pasting = false;
  /** A submitted text is being looked at. */
  #waiting = false;
  /** What was typed while nothing was asked, as a terminal keeps it. */
  #typedAhead: Key[] = [];
  #drawn: EditorView = { rows: [''], cursorRow: 0, cursorColumn: 0 };
  #listener: SurfaceListener | null = null;

  constructor(private readonly options: RichSurfaceOptions) {
    this.#edit = emptyEdit(options.history);
  }

  start(listener: SurfaceListener): void {
    const { input, output } = this.options;
    this.#listener = listener;
    emitKeypressEvents(input);
    input.setRawMode(true);
    input.on('keypress', this.#keypress);
    input.on('end', this.#end);
    output.on('resize', this.#resize);
    output.write(BRACKETED_PASTE_ON);
    input.resume();
  }

  stop(): void {
    if (this.#listener === null) return;
    this.#listener = null;
    const { input, output } = this.options;
    input.off('keypress', this.#keypress);
    input.off('end', this.#end);
    output.off('resize', this.#resize);
    output.write(this.#clearing() + BRACKETED_PASTE_OFF);
    input.setRawMode(false);
    input.pause();
  }

  print(text: string): void {
    this.#redraw(`${text}\n`);
  }

  showLive(text: string): void {
    if (text === this.#live) return;
    this.#live = text;
    this.#redraw('');
  }

  setMode(mode: InputMode): void {
    this.#mode = mode;
    if (mode.kind === 'answer') this.#answer = emptyEdit([]);
    this.#redraw('');
    this.#takeTypedAhead();
  }

  continueInput(indent: string): void {
    this.#waiting = false;
    this.#edit = insertText(this.#edit, `\n${indent}`);
    this.#redraw('');
    this.#takeTypedAhead();
  }

  takeInput(): void {
    const size = { columns: this.options.output.columns, rows: Number.MAX_SAFE_INTEGER };
    const { rows } = editorView(this.#look(this.#current), [], size);
    this.#edit = emptyEdit(withEntry(this.#edit.history, this.#edit.text));
    this.#waiting = false;
    this.#redraw(`${rows.join('\n')}\n`);
  }

  dropInput(): void {
    this.#waiting = false;
    this.#answer = emptyEdit([]);
    this.#redraw('');
  }

  holds(text: string): boolean {
    return this.#edit.text === text;
  }

  complete(askedFor: string, from: number, to: number, text: string): void {
    if (!this.holds(askedFor)) return;
    this.#edit = replaceText(this.#edit, from, to, text);
    this.#redraw('');
  }

  #end = (): void => this.#listener?.ended();

  #resize = (): void => this.#redraw('');

  #keypress = (_text: string | undefined, key: Key): void => {
    const isInterrupt = key.ctrl === true && key.name === 'c';
    if (isInterrupt) this.#interrupt();
    else if (this.#waiting || this.#mode.kind === 'busy') this.#typeAhead(key);
    else this.#press(key);
  };

  /** Ctrl-D leaves also while a run of mine goes on. */
  #typeAhead(key: Key): void {
    if (key.ctrl === true && key.name === 'd') this.#listener?.ended();
    else this.#typedAhead.push(key);
  }

  #takeTypedAhead(): void {
    while (!this.#waiting && this.#mode.kind !== 'busy') {
      const key = this.#typedAhead.shift();
      if (key === undefined) return;
      this.#press(key);
    }
  }

  #press(key: Key): void {
    const current = this.#current;
    if (key.name === 'paste-start') this.#pasting = true;
    else if (key.name === 'paste-end') this.#pasting = false;
    else if (this.#pasting) this.#type(isReturn(key) ? insertText(current, '\n') : applyKey(current, key));
    else if (key.ctrl === true && key.name === 'd' && current.text === '') this.#listener?.ended();
    else if (key.ctrl === true && key.name === 'l') this.#clearScreen();
    else if (key.name === 'tab') this.#tab();
    else if (isReturn(key) && key.meta !== true) this.#submit();
    else this.#type(applyKey(current, key));
  }

  #submit(): void {
    this.#waiting = true;
    this.#listener?.submitted(this.#current.text, false);
  }

  #interrupt(): void {
    const hadText = this.#mode.kind === 'code' && this.#edit.text !== '';
    if (hadText) {
      this.#edit = emptyEdit(this.#edit.history);
      this.#redraw('');
    }
    this.#waiting = false;
    this.#typedAhead = [];
    this.#listener?.interrupted(hadText);
  }

  #tab(): void {
    if (this.#mode.kind !== 'code') return;
    const { text, cursor } = this.#edit;
    const lineSoFar = text.slice(text.lastIndexOf('\n', cursor - 1) + 1, cursor);
    if (lineSoFar.trim() !== '') this.#listener?.completionAsked(text, cursor);
    else this.#type(insertText(this.#edit, INDENT.slice(lineSoFar.length % INDENT.length)));
  }

  #type(edit: EditState | null): void {
    if (edit === null) return;
    if (this.#mode.kind === 'answer') this.#answer = edit;
    else this.#edit = edit;
    this.#redraw('');
  }

  get #current(): EditState {
    return this.#mode.kind === 'answer' ? this.#answer : this.#edit;
  }

  #clearScreen(): void {
    this.#drawn = { rows: [''], cursorRow: 0, cursorColumn: 0 };
    this.#redraw('\x1b[2J\x1b[H');
  }

  #clearing(): string {
    const { cursorRow } = this.#drawn;
    return `${cursorRow > 0 ? `\x1b[${String(cursorRow)}A` : ''}\r\x1b[J`;
  }

  /** One write, so that no terminal shows the moment between. */
  #redraw(printed: string): void {
    if (this.#listener === null) {
      this.options.output.write(printed);
      return;
    }
    const clearing = this.#clearing();
    const view = this.#viewOf(this.#current, this.options.output.rows);
    const up = view.rows.length - 1 - view.cursorRow;
    const cursor = `${up > 0 ? `\x1b[${String(up)}A` : ''}\r${view.cursorColumn > 0 ? `\x1b[${String(view.cursorColumn)}C` : ''}`;
    this.#drawn = view;
    this.options.output.write(clearing + printed + view.rows.join('\n') + cursor);
  }

  #viewOf(edit: EditState, rows: number): EditorView {
    const above = this.#live === '' ? [] : [this.#live];
    return editorView(this.#look(edit), above, { columns: this.options.output.columns, rows });
  }

  #look({ text, cursor }: EditState): EditorLook {
    const { paint, highlight } = this.options;
    const mode = this.#mode;
    switch (mode.kind) {
      case 'busy':
        return { prompt: paint.dim(mode.note), continuation: '', text: '', cursor: 0, shown: '' };
      case 'answer': {
        const shown = mode.password ? '' : text;
        return { prompt: mode.question, continuation: '', text: shown, cursor: mode.password ? 0 : cursor, shown };
      }
      case 'code': {
        const number = `In [${String(mode.number)}]: `;
        const continuation = paint.green('...: '.padStart(number.length));
        return { prompt: paint.green(number), continuation, text, cursor, shown: highlight(text) };
      }
    }
  }
}

function isReturn({ name }: Key): boolean {
  return name === 'return' || name === 'enter';
}

function withEntry(history: readonly string[], text: string): readonly string[] {
  return text.trim() === '' || text === history.at(-1) ? history : [...history, text];
}
