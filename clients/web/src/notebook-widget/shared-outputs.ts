/**
 * Shows a code cell's outputs exactly as they stand in the shared document. JupyterLab's own model takes every
 * change for one at the end (text of an earlier output lands in the last one, an updated display moves down), joins
 * streams by itself, and writes the result back; here the outputs are compared one by one, and nothing is written
 * back but that a person has cleared them.
 */
import type { CellChange, ISharedCodeCell } from '@jupyter/ydoc';
import { CodeCellModel } from '@jupyterlab/cells';
import { OutputAreaModel, type IOutputAreaModel } from '@jupyterlab/outputarea';
import { JSONExt } from '@lumino/coreutils';

type Output = Parameters<IOutputAreaModel['set']>[1];

/** One output of the document is one output shown: the hub has joined what belongs together. */
class OutputsAsShared extends OutputAreaModel {
  override shouldCombine(): boolean {
    return false;
  }
}

// JupyterLab's notebook model makes its cells itself and offers no other place to hand this in.
CodeCellModel.ContentFactory.prototype.createOutputArea = (options) => new OutputsAsShared(options);

const streamText = (output: Output): string | null => {
  if (output.output_type !== 'stream') return null;
  const { text } = output;
  return Array.isArray(text) ? text.join('') : typeof text === 'string' ? text : null;
};

/** What stands behind `before` in `after`; null when the two are not one growing stream. */
function appended(before: Output, after: Output): string | null {
  const [old, next] = [streamText(before), streamText(after)];
  if (old === null || next === null || before['name'] !== after['name']) return null;
  return next.startsWith(old) ? next.slice(old.length) : null;
}

function showAt(outputs: IOutputAreaModel, index: number, next: Output): void {
  const item = outputs.get(index);
  const shown = item.toJSON();
  const text = appended(shown, next);
  if (text === null) {
    if (!JSONExt.deepEqual(shown, next)) outputs.set(index, next);
  } else if (text !== '') {
    // Growing text is appended: drawing it anew at each line would cost more the longer it is.
    item.streamText?.insert(item.streamText.text.length, text, { silent: true });
  }
}

/** Makes `outputs` show `next`, touching only what differs. */
export function showOutputs(outputs: IOutputAreaModel, next: readonly Output[]): void {
  if (next.length === 0) {
    if (outputs.length > 0) outputs.clear();
    return;
  }
  next.slice(0, outputs.length).forEach((output, index) => showAt(outputs, index, output));
  if (next.length < outputs.length) return outputs.fromJSON([...next]);
  for (const output of next.slice(outputs.length)) outputs.add(output);
}

/** Replaces the stock coupling of one cell's model; called once, when the cell comes into the notebook. */
export function shareOutputs(model: CodeCellModel): void {
  const shared = model.sharedModel;
  let showing = false;
  const follow = (cell: ISharedCodeCell, { outputsChange, streamOutputChange, ...rest }: CellChange): void => {
    if (model.isDisposed) return;
    model['_onSharedModelChanged'](cell, rest);
    if (outputsChange === undefined && streamOutputChange === undefined) return;
    showing = true;
    showOutputs(model.outputs, cell.getOutputs());
    showing = false;
  };
  shared.changed.disconnect(model['_onSharedModelChanged'], model);
  model.outputs.changed.disconnect(model['onOutputsChange'], model);
  shared.changed.connect(follow);
  model.outputs.changed.connect((_outputs, change) => {
    if (!showing && change.type === 'clear') shared.clearOutputs(model);
  });
}
