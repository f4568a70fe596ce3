/**
 * Everything that can be done in a notebook, once: the toolbar, the palette and the keys all read this table. Keys
 * are those of JupyterLab.
 */
import type { Notebook } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import { showNextConflict } from './conflicts.js';
import { inBackground } from '../ui/in-background.js';

/** What the commands need beside the widget. */
export interface CommandTargets {
  readonly notebook: Notebook;
  readonly interrupt: () => void;
  readonly restart: () => void;
  readonly save: () => void;
  readonly openPalette: () => void;
}

/** Where a key works: in command mode only, in edit mode only, in both, or wherever the focus is. */
export type KeyPlace = 'command' | 'edit' | 'both' | 'page';

export interface NotebookCommand {
  readonly id: string;
  readonly label: string;
  readonly keys: readonly { readonly place: KeyPlace; readonly chord: readonly string[] }[];
  readonly run: (targets: CommandTargets) => void;
}

const command = (...chord: string[]): NotebookCommand['keys'][number] => ({ place: 'command', chord });
const edit = (...chord: string[]): NotebookCommand['keys'][number] => ({ place: 'edit', chord });
const everywhere = (...chord: string[]): NotebookCommand['keys'][number] => ({ place: 'page', chord });
const both = (...chord: string[]): NotebookCommand['keys'][number] => ({ place: 'both', chord });

const running: readonly NotebookCommand[] = [
  {
    id: 'run-cell',
    label: 'Run the cell and go to the next',
    keys: [both('Shift Enter')],
    run: ({ notebook }) => inBackground(NotebookActions.runAndAdvance(notebook)),
  },
  {
    id: 'run-in-place',
    label: 'Run the cell and stay',
    keys: [both('Ctrl Enter')],
    run: ({ notebook }) => inBackground(NotebookActions.run(notebook)),
  },
  {
    id: 'run-and-insert',
    label: 'Run the cell and add one below',
    keys: [both('Alt Enter')],
    run: ({ notebook }) => inBackground(NotebookActions.runAndInsert(notebook)),
  },
  {
    id: 'run-all',
    label: 'Run all cells',
    keys: [],
    run: ({ notebook }) => inBackground(NotebookActions.runAll(notebook)),
  },
  {
    id: 'run-above',
    label: 'Run all cells above',
    keys: [],
    run: ({ notebook }) => inBackground(NotebookActions.runAllAbove(notebook)),
  },
  {
    id: 'run-below',
    label: 'Run this cell and all below',
    keys: [],
    run: ({ notebook }) => inBackground(NotebookActions.runAllBelow(notebook)),
  },
  { id: 'interrupt', label: 'Interrupt the kernel', keys: [command('I', 'I')], run: ({ interrupt }) => interrupt() },
  { id: 'restart', label: 'Restart the kernel…', keys: [command('0', '0')], run: ({ restart }) => restart() },
];

const cells: readonly NotebookCommand[] = [
  {
    id: 'insert-below',
    label: 'Add a code cell below',
    keys: [command('B')],
    run: ({ notebook }) => NotebookActions.insertBelow(notebook),
  },
  {
    id: 'insert-text-below',
    label: 'Add a text cell below',
    keys: [],
    run: ({ notebook }) => {
      NotebookActions.insertBelow(notebook);
      NotebookActions.changeCellType(notebook, 'markdown');
    },
  },
  {
    id: 'insert-above',
    label: 'Add a code cell above',
    keys: [command('A')],
    run: ({ notebook }) => NotebookActions.insertAbove(notebook),
  },
  {
    id: 'delete',
    label: 'Delete the cell',
    keys: [command('D', 'D')],
    run: ({ notebook }) => NotebookActions.deleteCells(notebook),
  },
  {
    id: 'move-up',
    label: 'Move the cell up',
    keys: [command('Ctrl Shift ArrowUp')],
    run: ({ notebook }) => NotebookActions.moveUp(notebook),
  },
  {
    id: 'move-down',
    label: 'Move the cell down',
    keys: [command('Ctrl Shift ArrowDown')],
    run: ({ notebook }) => NotebookActions.moveDown(notebook),
  },
  { id: 'copy', label: 'Copy the cell', keys: [command('C')], run: ({ notebook }) => NotebookActions.copy(notebook) },
  { id: 'cut', label: 'Cut the cell', keys: [command('X')], run: ({ notebook }) => NotebookActions.cut(notebook) },
  {
    id: 'paste',
    label: 'Paste the cell below',
    keys: [command('V')],
    run: ({ notebook }) => NotebookActions.paste(notebook),
  },
  {
    id: 'to-code',
    label: 'Make it code',
    keys: [command('Y')],
    run: ({ notebook }) => NotebookActions.changeCellType(notebook, 'code'),
  },
  {
    id: 'to-markdown',
    label: 'Make it text',
    keys: [command('M')],
    run: ({ notebook }) => NotebookActions.changeCellType(notebook, 'markdown'),
  },
  {
    id: 'to-raw',
    label: 'Make it raw',
    keys: [command('R')],
    run: ({ notebook }) => NotebookActions.changeCellType(notebook, 'raw'),
  },
  {
    id: 'split',
    label: 'Split the cell at the cursor',
    keys: [edit('Ctrl Shift -')],
    run: ({ notebook }) => NotebookActions.splitCell(notebook),
  },
  {
    id: 'merge',
    label: 'Merge with the cell below',
    keys: [command('Shift M')],
    run: ({ notebook }) => NotebookActions.mergeCells(notebook),
  },
  {
    id: 'clear-outputs',
    label: "Clear the cell's output",
    keys: [],
    run: ({ notebook }) => NotebookActions.clearOutputs(notebook),
  },
  {
    id: 'undo',
    label: 'Undo my last change of cells',
    keys: [command('Z')],
    run: ({ notebook }) => NotebookActions.undo(notebook),
  },
  { id: 'redo', label: 'Redo it', keys: [command('Shift Z')], run: ({ notebook }) => NotebookActions.redo(notebook) },
];

const moving: readonly NotebookCommand[] = [
  {
    id: 'edit',
    label: 'Edit the cell',
    keys: [command('Enter')],
    run: ({ notebook }) => {
      notebook.mode = 'edit';
    },
  },
  {
    id: 'leave-edit',
    label: 'Leave the editor',
    keys: [edit('Escape')],
    run: ({ notebook }) => {
      notebook.mode = 'command';
    },
  },
  {
    id: 'select-above',
    label: 'Go to the cell above',
    keys: [command('ArrowUp'), command('K')],
    run: ({ notebook }) => NotebookActions.selectAbove(notebook),
  },
  {
    id: 'select-below',
    label: 'Go to the cell below',
    keys: [command('ArrowDown'), command('J')],
    run: ({ notebook }) => NotebookActions.selectBelow(notebook),
  },
  {
    id: 'extend-above',
    label: 'Select the cell above too',
    keys: [command('Shift ArrowUp'), command('Shift K')],
    run: ({ notebook }) => NotebookActions.extendSelectionAbove(notebook),
  },
  {
    id: 'extend-below',
    label: 'Select the cell below too',
    keys: [command('Shift ArrowDown'), command('Shift J')],
    run: ({ notebook }) => NotebookActions.extendSelectionBelow(notebook),
  },
  {
    id: 'next-conflict',
    label: 'Go to the next cell that was changed in the file too',
    keys: [],
    run: ({ notebook }) => showNextConflict(notebook),
  },
];

const page: readonly NotebookCommand[] = [
  { id: 'save', label: 'Save now', keys: [everywhere('Accel S')], run: ({ save }) => save() },
  {
    id: 'palette',
    label: 'All commands…',
    keys: [everywhere('Accel Shift P')],
    run: ({ openPalette }) => openPalette(),
  },
];

export const notebookCommands: readonly NotebookCommand[] = [...running, ...cells, ...moving, ...page];

/** The command of that id; the ids are those of the table above. */
export function commandOf(id: string): NotebookCommand {
  const found = notebookCommands.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`There is no command ${id}`);
  return found;
}
