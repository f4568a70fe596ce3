/** A word beside the cursor that completions come when the kernel is free; it goes with the next key, click or list. */
import { StateEffect, StateField, type Extension } from '@codemirror/state';
import { showTooltip, type EditorView, type Tooltip } from '@codemirror/view';

const setTip = StateEffect.define<Tooltip | null>();

const tipField = StateField.define<Tooltip | null>({
  create: () => null,
  update: (tip, transaction) => {
    const said = transaction.effects.find((effect) => effect.is(setTip));
    if (said !== undefined) return said.value;
    return transaction.docChanged || transaction.selection !== undefined ? null : tip;
  },
  provide: (field) => showTooltip.from(field),
});

function tipAt(pos: number): Tooltip {
  return {
    pos,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'ck-busy-tip';
      dom.setAttribute('role', 'status');
      dom.textContent = 'kernel busy: completions come when it is free';
      return { dom };
    },
  };
}

export const busyTip: Extension = tipField;

export function showBusyTip(view: EditorView, pos: number): void {
  view.dispatch({ effects: setTip.of(tipAt(pos)) });
}

export function hideBusyTip(view: EditorView): void {
  if ((view.state.field(tipField, false) ?? null) !== null) view.dispatch({ effects: setTip.of(null) });
}
