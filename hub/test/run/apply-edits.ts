/** Outputs as plain values, changed by edits in the plainest way: what the real writer must agree with. */
import type { Output, OutputEdit } from '@cokernel/proto/notebook';

export interface Screen {
  readonly outputs: readonly Output[];
  readonly displayIds: readonly (string | null)[];
}

export const emptyScreen: Screen = { outputs: [], displayIds: [] };

export function applyEdits(screen: Screen, edits: readonly OutputEdit[]): Screen {
  return edits.reduce(applyEdit, screen);
}

function applyEdit(screen: Screen, edit: OutputEdit): Screen {
  switch (edit.type) {
    case 'clear':
      return emptyScreen;
    case 'append':
      return {
        outputs: [...screen.outputs, edit.output],
        displayIds: [...screen.displayIds, edit.displayId ?? null],
      };
    case 'replaceText':
      return {
        ...screen,
        outputs: screen.outputs.map((output, index) => (index === edit.index ? withText(output, edit) : output)),
      };
    case 'updateDisplay':
      return {
        ...screen,
        outputs: screen.outputs.map((output, index) =>
          screen.displayIds[index] === edit.displayId && 'data' in output
            ? { ...output, data: edit.data, metadata: edit.metadata }
            : output,
        ),
      };
    case 'storeText':
    case 'nextInput':
    case 'editFile':
      return screen;
  }
}

function withText(output: Output, edit: { readonly from: number; readonly text: string }): Output {
  if (output.output_type !== 'stream' || edit.from > output.text.length) {
    throw new Error('an edit of text must hit text');
  }
  return { ...output, text: output.text.slice(0, edit.from) + edit.text };
}
