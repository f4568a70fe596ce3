/** All commands in one searchable list. */
import { Command } from 'cmdk';
import type { ReactElement } from 'react';
import { notebookCommands, type CommandTargets } from '../notebook-widget/commands.js';
import { chordText } from '../notebook-widget/keys.js';

interface CommandPaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly targets: CommandTargets | null;
}

export function CommandPalette({ open, onOpenChange, targets }: CommandPaletteProps): ReactElement {
  const choose = (run: (targets: CommandTargets) => void): void => {
    onOpenChange(false);
    if (targets !== null) run(targets);
  };
  const commands = notebookCommands.filter((command) => command.id !== 'palette');
  return (
    <Command.Dialog
      open={open}
      onOpenChange={onOpenChange}
      label="All commands"
      overlayClassName="ck-overlay"
      contentClassName="ck-palette"
    >
      <Command.Input placeholder="What would you like to do?" />
      <Command.List>
        <Command.Empty>Nothing of that name</Command.Empty>
        {commands.map((command) => (
          <Command.Item key={command.id} value={command.label} onSelect={() => choose(command.run)}>
            {command.label}
            {command.keys[0] === undefined ? null : <kbd>{chordText(command.keys[0].chord)}</kbd>}
          </Command.Item>
        ))}
      </Command.List>
    </Command.Dialog>
  );
}
