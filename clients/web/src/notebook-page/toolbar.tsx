/** The buttons above the notebook. What they do stands in the command table. */
import { NotebookActions, type Notebook } from '@jupyterlab/notebook';
import { ArrowDown, ArrowUp, ChevronsRight, CircleStop, Command, Play, Plus, RotateCcw, Trash2 } from 'lucide-react';
import { useCallback, useSyncExternalStore, type ReactElement } from 'react';
import { commandOf, type CommandTargets } from '../notebook-widget/commands.js';
import { chordText } from '../notebook-widget/keys.js';
import { IconButton } from '../ui/icon-button.js';
import { inBackground } from '../ui/in-background.js';
import './toolbar.css';

interface ToolbarProps {
  readonly targets: CommandTargets;
  /** Commands that would do nothing now. */
  readonly disabled: ReadonlySet<string>;
}

const buttons = {
  cells: [
    { id: 'move-up', Icon: ArrowUp },
    { id: 'move-down', Icon: ArrowDown },
    { id: 'delete', Icon: Trash2 },
  ],
  run: [
    { id: 'run-cell', Icon: Play },
    { id: 'run-all', Icon: ChevronsRight },
  ],
  kernel: [
    { id: 'interrupt', Icon: CircleStop },
    { id: 'restart', Icon: RotateCcw },
  ],
  page: [{ id: 'palette', Icon: Command }],
} as const;

/** The keys of the notebook work on after a press of a button: the focus goes back to the cell. */
function press(id: string, targets: CommandTargets): void {
  commandOf(id).run(targets);
  if (id !== 'restart' && id !== 'palette') inBackground(NotebookActions.focusActiveCell(targets.notebook));
}

/** A new cell is there to be written in. */
function add(id: string, targets: CommandTargets): void {
  commandOf(id).run(targets);
  targets.notebook.mode = 'edit';
}

function Buttons({ group, targets, disabled }: ToolbarProps & { readonly group: keyof typeof buttons }): ReactElement {
  return (
    <div className="ck-toolbar-group" role="group" data-group={group}>
      {buttons[group].map(({ id, Icon }) => {
        const command = commandOf(id);
        const keys = command.keys[0] === undefined ? undefined : chordText(command.keys[0].chord);
        return (
          <IconButton
            key={id}
            label={command.label}
            keys={keys}
            testId={id}
            disabled={disabled.has(id)}
            onClick={() => press(id, targets)}
          >
            <Icon aria-hidden />
          </IconButton>
        );
      })}
    </div>
  );
}

/** Adding is what a newcomer looks for first, so these two have words. */
function AddButtons({ targets }: { readonly targets: CommandTargets }): ReactElement {
  const adders = [
    { id: 'insert-below', text: 'Code' },
    { id: 'insert-text-below', text: 'Text' },
  ];
  return (
    <div className="ck-toolbar-group" role="group" data-group="add">
      {adders.map(({ id, text }) => (
        <button
          key={id}
          type="button"
          className="ck-add"
          data-testid={id}
          aria-label={commandOf(id).label}
          onClick={() => add(id, targets)}
        >
          <Plus aria-hidden /> {text}
        </button>
      ))}
    </div>
  );
}

/** The active cell's type, which others may change too. */
function useCellType(notebook: Notebook): string {
  const subscribe = useCallback(
    (listener: () => void) => {
      notebook.activeCellChanged.connect(listener);
      notebook.modelContentChanged.connect(listener);
      return () => {
        notebook.activeCellChanged.disconnect(listener);
        notebook.modelContentChanged.disconnect(listener);
      };
    },
    [notebook],
  );
  return useSyncExternalStore(subscribe, () => notebook.activeCell?.model.type ?? 'code');
}

function CellType({ targets }: { readonly targets: CommandTargets }): ReactElement {
  const type = useCellType(targets.notebook);
  return (
    <select
      className="ck-select"
      aria-label="Type of the cell"
      data-testid="cell-type"
      value={type}
      onChange={(event) => press(`to-${event.target.value}`, targets)}
    >
      <option value="code">Code</option>
      <option value="markdown">Text</option>
      <option value="raw">Raw</option>
    </select>
  );
}

export function Toolbar(props: ToolbarProps): ReactElement {
  return (
    <div className="ck-toolbar" role="toolbar" aria-label="Notebook">
      <Buttons {...props} group="run" />
      <Buttons {...props} group="kernel" />
      <AddButtons targets={props.targets} />
      <CellType targets={props.targets} />
      <Buttons {...props} group="cells" />
      <Buttons {...props} group="page" />
    </div>
  );
}
