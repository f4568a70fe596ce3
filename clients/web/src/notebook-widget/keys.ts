/** Binds the commands' keys while a notebook is in the page. Lumino decides by where the focus is. */
import { CommandRegistry } from '@lumino/commands';
import { notebookCommands, type CommandTargets, type KeyPlace } from './commands.js';

/**
 * Command mode must not take keys that somebody types into a field of an output or a question, or that press a button in a
 * cell; in edit mode Escape belongs to the list of completions while that is open.
 */
const selectors: Readonly<Record<KeyPlace, string>> = {
  command: '.jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus:not(button):not(a)',
  edit: '.jp-Notebook.jp-mod-editMode :focus:not([aria-haspopup])',
  both: '.jp-Notebook',
  page: 'body',
};

/** Returns what ends it. */
export function bindKeys(targets: CommandTargets): () => void {
  const registry = new CommandRegistry();
  for (const command of notebookCommands) {
    registry.addCommand(command.id, { label: command.label, execute: () => command.run(targets) });
    for (const { place, chord } of command.keys) {
      registry.addKeyBinding({ command: command.id, keys: [...chord], selector: selectors[place] });
    }
  }
  const listen = (event: KeyboardEvent): void => registry.processKeydownEvent(event);
  // Capturing, so that Shift+Enter reaches us before the editor makes a new line of it.
  document.addEventListener('keydown', listen, true);
  return () => document.removeEventListener('keydown', listen, true);
}

/** A chord as a person reads it, such as '⇧ Enter'. */
export function chordText(chord: readonly string[]): string {
  const mac = navigator.platform.startsWith('Mac');
  const symbols: Readonly<Record<string, string>> = mac
    ? { Shift: '⇧', Ctrl: '⌃', Alt: '⌥', Accel: '⌘', ArrowUp: '↑', ArrowDown: '↓' }
    : { Accel: 'Ctrl', ArrowUp: '↑', ArrowDown: '↓' };
  const keyText = (key: string): string =>
    key
      .split(' ')
      .map((part) => symbols[part] ?? part)
      .join(mac ? '' : '+');
  return chord.map(keyText).join(' ');
}
