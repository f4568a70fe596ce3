/**
 * The notebook widget alone in a page, beside a second document that plays the hub: what happens in the hub's
 * document arrives in the widget's as an update, and what the widget writes by itself is counted. Each scenario
 * plays one story and answers what can be seen after it.
 */
import { CallError, type Room } from '@cokernel/core';
import { QuestionId, calls, type HubEvent, type Role } from '@cokernel/proto/hub';
import { STORED_MIME } from '@cokernel/proto/notebook';
import { YCodeCell, YNotebook } from '@jupyter/ydoc';
import { CodeCell } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import { NotebookActions } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import * as Y from 'yjs';
import { buildNotebook, type BuiltNotebook } from '../../src/notebook-widget/build-notebook.js';
import { ann, roomState } from '../views.js';

type NewCell = Parameters<YNotebook['insertCell']>[1];
type Outputs = ReturnType<YCodeCell['getOutputs']>;

const stream = (text: string): Outputs[number] => ({ output_type: 'stream', name: 'stdout', text });
const display = (text: string): Outputs[number] => ({
  output_type: 'display_data',
  data: { 'text/plain': text },
  metadata: {},
});

class Stage {
  readonly calls: { readonly name: string; readonly params: unknown }[] = [];
  readonly writes: string[] = [];
  readonly opened: string[] = [];
  /** What lies in the store, by hash. */
  readonly kept = new Map<string, Uint8Array>();
  /** What calls are answered, by name. */
  readonly answers = new Map<string, unknown>();
  readonly #listeners = new Set<(event: HubEvent) => void>();
  readonly hub = YNotebook.create();
  readonly shared = new YNotebook();
  readonly built: BuiltNotebook;

  constructor(cells: readonly NewCell[], role: Role = 'editor') {
    this.hub.insertCells(0, [...cells]);
    Y.applyUpdate(this.shared.ydoc, Y.encodeStateAsUpdate(this.hub.ydoc), 'hub');
    this.hub.ydoc.on('update', (update: Uint8Array) => {
      Y.applyUpdate(this.shared.ydoc, update, 'hub');
    });
    this.built = buildNotebook({
      room: this.#room(role),
      document: this.shared,
      stored: {
        read: (sha256) => this.#read(sha256),
        openText: ({ title }) => this.opened.push(title),
        downloadUrl: () => '/download',
      },
      onEnqueued: () => undefined,
      onRefused: () => undefined,
    });
    Widget.attach(this.built.widget, document.body);
    this.shared.ydoc.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin !== 'hub') this.writes.push('the page wrote');
    });
  }

  /** A hub that answers no call but as `answer` says; what was asked is kept. */
  #room(role: Role): Room {
    return {
      state: roomState({ you: { ...ann, color: '#c2410c', role } }),
      document: null,
      subscribe: () => () => undefined,
      onEvent: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      close: () => undefined,
      call: (name, params) => {
        this.calls.push({ name, params });
        const answer = this.answers.get(name);
        const refused = Promise.reject(new CallError('unavailable', 'there is no hub here'));
        return answer === undefined ? refused : refused.catch(() => calls[name].result.parse(answer) as never);
      },
    };
  }

  #read(sha256: string): Promise<Uint8Array> {
    const bytes = this.kept.get(sha256);
    return bytes === undefined ? Promise.reject(new Error('it is not kept any more')) : Promise.resolve(bytes);
  }

  tell(event: HubEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  hubCell(index: number): YCodeCell {
    const cell = this.hub.cells[index];
    if (!(cell instanceof YCodeCell)) throw new Error(`cell ${String(index)} is not code`);
    return cell;
  }

  outputsShown(index: number): unknown {
    const cell = this.built.widget.widgets[index];
    return cell instanceof CodeCell ? cell.model.outputs.toJSON() : null;
  }

  promptShown(index: number): string {
    return this.built.widget.widgets[index]?.node.querySelector('.jp-InputPrompt')?.textContent ?? '';
  }
}

const code = (source: string, outputs: Outputs = []): NewCell => ({ cell_type: 'code', source, outputs });

/** An earlier stream grows, a display is replaced in its place, all is cleared and written anew in one step. */
function outputs(): unknown {
  const stage = new Stage([code('x', [stream('a\n'), display('1'), stream('z\n')])]);
  const cell = stage.hubCell(0);
  const pairs: unknown[] = [];
  const see = (): number => pairs.push([stage.outputsShown(0), cell.getOutputs()]);
  cell.appendStreamOutput(0, 'b\n');
  see();
  cell.updateOutputs(1, 2, [display('2')]);
  see();
  stage.hub.ydoc.transact(() => {
    cell.clearOutputs();
    cell.setOutputs([stream('new\n'), display('3')]);
    cell.appendStreamOutput(0, 'line\n');
  });
  see();
  cell.updateOutputs(0, 1, []);
  see();
  return { pairs, writes: stage.writes };
}

/** A cell that has printed, or drawn, is run again: its first output comes in place of the former, and grows. */
async function rerun(): Promise<unknown> {
  const stage = new Stage([code('x', [stream('old 1\nold 2\n')]), code('y', [display('old')])]);
  const drawn: string[][] = [];
  for (const index of [0, 1]) {
    await stage.built.widget.widgets[index]?.ready;
    const cell = stage.hubCell(index);
    const see = async (wanted: string): Promise<void> => {
      const area = stage.built.widget.widgets[index]?.node.querySelector('.jp-OutputArea-output');
      for (let frames = 0; frames < 120 && area?.textContent !== wanted; frames += 1) await nextFrame();
      drawn.push([wanted, area?.textContent ?? '']);
    };
    cell.setOutputs([stream('new 1\n')]);
    cell.appendStreamOutput(0, 'new 2\n');
    await see('new 1\nnew 2\n');
  }
  return { drawn, writes: stage.writes };
}

function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}

/** The kernel tells the execution count while the cell still runs. */
async function running(): Promise<unknown> {
  const stage = new Stage([code('x')]);
  await stage.built.widget.widgets[0]?.ready;
  const cell = stage.hubCell(0);
  cell.executionState = 'running';
  cell.execution_count = 7;
  const during = { prompt: stage.promptShown(0), state: cell.executionState };
  cell.executionState = 'idle';
  return { during, after: stage.promptShown(0), writes: stage.writes };
}

async function runAll(): Promise<unknown> {
  const stage = new Stage([code('a = 1'), { cell_type: 'markdown', source: '# t' }, code('b = 2'), code('')]);
  await NotebookActions.runAll(stage.built.widget);
  return stage.calls;
}

/** A cell of a file that calls itself trusted, with scripts in its output. */
async function scripts(): Promise<unknown> {
  const html = '<b>shown</b><script>window.ran = "script"</script><img src="x:" onerror="window.ran = 1">';
  const output = { output_type: 'display_data', data: { 'text/html': html }, metadata: {} };
  const stage = new Stage([{ ...code('x', [output]), metadata: { trusted: true } }]);
  const cell = stage.built.widget.widgets[0];
  await cell?.ready;
  const rendered = (): Element | null => document.querySelector('.jp-RenderedHTML b');
  while (rendered() === null) await new Promise((resolve) => requestAnimationFrame(resolve));
  return { shown: rendered()?.textContent, ran: Reflect.get(window, 'ran') ?? null };
}

const found = async (selector: string): Promise<HTMLElement> => {
  for (let frame = 0; frame < 1_000; frame += 1) {
    const node = document.querySelector<HTMLElement>(selector);
    if (node !== null) return node;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  const shown = document.querySelector('.jp-OutputArea')?.outerHTML ?? 'nothing';
  throw new Error(`there is no ${selector} in ${shown}`);
};

/** A table and a long text of which the document has no room for all; the table is missing at first. */
async function stored(): Promise<unknown> {
  const sha256 = 'a'.repeat(64);
  const table = { [STORED_MIME]: { 'text/html': { sha256, bytes: 70_000 } }, 'text/plain': 'a table' };
  const gap = { from: 4, to: 8 };
  const text = { id: 'text', sha256: null, bytes: 6_600_000, gap };
  const stage = new Stage([
    code('x', [
      { output_type: 'display_data', data: table, metadata: {} },
      { ...stream('head\n⋯\ntail\n'), transient: { stored_text: text } },
    ]),
  ]);
  const note = await found('.ck-stored-note button');
  const trouble = note.parentElement?.textContent;
  stage.kept.set(sha256, new TextEncoder().encode('<b>whole</b><script>window.ran = 1</script>'));
  note.click();
  const shown = (await found('.jp-RenderedHTML b')).textContent;
  const bar = await found('.ck-stored-text');
  bar.querySelector('button')?.click();
  return { trouble, shown, ran: Reflect.get(window, 'ran') ?? null, bar: bar.textContent, opened: stage.opened };
}

/**
 * Two cells that are the file's version of another: one that stands elsewhere, one that is gone; the first is kept. Then
 * the same for somebody who may not edit.
 */
async function conflicts(): Promise<unknown> {
  const version = (source: string, of: string): NewCell => ({
    ...code(source),
    metadata: { cokernel: { conflict: { of } } },
  });
  const mine = { ...code('here'), id: 'mine' };
  const cells = [version('file', 'mine'), code('between'), mine, version('x', 'gone')];
  const stage = new Stage(cells);
  const said = await barsOf(stage);
  const writes = stage.writes.length;
  const press = (text: string): void => {
    const buttons = [...document.querySelectorAll<HTMLElement>('.ck-conflict .ck-button')];
    buttons.find(({ textContent }) => textContent === text)?.click();
  };
  const sources = (): unknown => stage.shared.cells.map((cell) => cell.getSource());
  press('Keep this');
  const kept = sources();
  stage.shared.undo();
  const undone = sources();
  press('Delete this');
  return { said, writes, kept, undone, left: sources(), asViewer: await barsOf(new Stage(cells, 'viewer')) };
}

async function barsOf({ built }: Stage): Promise<string[]> {
  const bars = (): HTMLElement[] => [...built.widget.node.querySelectorAll<HTMLElement>('.ck-conflict')];
  await seen(() => (bars().length === 2 ? 'both' : null));
  return bars().map((bar) => [...bar.children].map(({ textContent }) => textContent).join(' | '));
}

/** I type, somebody else types, I undo. */
async function undo(): Promise<unknown> {
  const stage = new Stage([code('start\n')]);
  const cell = stage.built.widget.widgets[0];
  await cell?.ready;
  const editor = cell?.editor;
  if (!(editor instanceof CodeMirrorEditor)) throw new Error('the cell has no editor');
  editor.editor.dispatch({ changes: { from: 0, insert: 'mine ' } });
  const typed = stage.shared.cells[0]?.getSource();
  stage.hubCell(0).updateSource(0, 0, 'theirs ');
  editor.undo();
  return { typed, undone: stage.shared.cells[0]?.getSource(), shown: editor.editor.state.doc.toString() };
}

/** Tab behind a name, with an astral character before it, while the kernel is busy; then the kernel is free. */
async function busyCompletion(): Promise<unknown> {
  const stage = new Stage([code('"😀"; pri')]);
  const questionId = QuestionId.parse('q');
  stage.answers.set('complete', { status: 'kernelBusy', questionId });
  const cell = stage.built.widget.widgets[0];
  await cell?.ready;
  const editor = cell?.editor;
  if (!(editor instanceof CodeMirrorEditor)) throw new Error('the cell has no editor');
  const { editor: view } = editor;
  view.focus();
  view.dispatch({ selection: { anchor: view.state.doc.length } });
  const press = (key: string): boolean =>
    view.contentDOM.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  const shown = (selector: string): string | null => document.querySelector(selector)?.textContent ?? null;
  press('Tab');
  const tip = await seen(() => shown('.ck-busy-tip'));
  const [asked] = stage.calls;
  const content = { status: 'ok', matches: ['print'], cursor_start: 5, cursor_end: 8 };
  stage.tell({ event: 'kernelAnswered', questionId, content });
  const option = await seen(() => shown('.cm-tooltip-autocomplete [role=option]'));
  const tipAfter = shown('.ck-busy-tip');
  // By the mouse: a key that comes right behind the list is taken for one that was meant for the text.
  const first = document.querySelector('.cm-tooltip-autocomplete [role=option]');
  first?.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }));
  return { tip, asked, option, tipAfter, text: view.state.doc.toString() };
}

async function seen(look: () => string | null): Promise<string> {
  for (;;) {
    const found = look();
    if (found !== null) return found;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

export const scenarios = { outputs, rerun, running, runAll, scripts, stored, conflicts, undo, busyCompletion };

declare global {
  interface Window {
    play: (name: keyof typeof scenarios) => unknown;
  }
}

window.play = (name) => scenarios[name]();
