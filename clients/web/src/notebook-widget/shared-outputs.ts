/**
 * Shows a code cell's outputs exactly as they stand in the shared document. JupyterLab's own model takes every
 * change for one at the end (text of an earlier output lands in the last one, an updated display moves down), joins
 * streams by itself, and writes the result back; here the outputs are compared one by one, and nothing is written
 * back but that a person has cleared them.
 */
import type { CellChange, ISharedCodeCell } from '@jupyter/ydoc';
import { CodeCellModel } from '@jupyterlab/cells';
import { OutputAreaModel, type IOutputAreaModel } from '@jupyterlab/outputarea';
import { outputSteps, type Output, type OutputStep } from './output-steps.js';

/** One output of the document is one output shown: the hub has joined what belongs together. */
class OutputsAsShared extends OutputAreaModel {
  override shouldCombine(): boolean {
    return false;
  }
}

// JupyterLab's notebook model makes its cells itself and offers no other place to hand this in.
CodeCellModel.ContentFactory.prototype.createOutputArea = (options) => new OutputsAsShared(options);

/** A change of a stream's text that JupyterLab draws and does not write into the document. */
const byHub = { silent: true };

function take(outputs: IOutputAreaModel, step: OutputStep, next: readonly Output[]): void {
  switch (step.kind) {
    case 'append': {
      const text = outputs.get(step.index).streamText;
      text?.insert(text.text.length, step.text, byHub);
      return;
    }
    case 'rewrite': {
      const text = outputs.get(step.index).streamText;
      text?.remove(0, text.text.length, byHub);
      text?.insert(0, step.text, byHub);
      return;
    }
    case 'set':
      outputs.set(step.index, step.output);
      return;
    case 'add':
      outputs.add(step.output);
      return;
    case 'clear':
      outputs.clear();
      return;
    case 'rebuild':
      outputs.fromJSON([...next]);
      return;
  }
}

type Slot<Change> = (sender: unknown, change: Change) => void;

const isSlot = (value: unknown): value is Slot<unknown> => typeof value === 'function';

/** JupyterLab hides what couples its model to the document; its version is pinned, and a missing slot is a fault. */
function stockSlot(model: CodeCellModel, name: string): Slot<unknown> {
  const slot: unknown = Reflect.get(model, name);
  if (!isSlot(slot)) throw new Error(`JupyterLab's code cell model has no ${name}`);
  return slot;
}

/** Replaces the stock coupling of one cell's model; called once, when the cell comes into the notebook. */
export function shareOutputs(model: CodeCellModel): void {
  const shared = model.sharedModel;
  const [stockFollow, stockWriteBack] = [
    stockSlot(model, '_onSharedModelChanged'),
    stockSlot(model, 'onOutputsChange'),
  ];
  let showing = false;
  const follow = (cell: ISharedCodeCell, { outputsChange, streamOutputChange, ...rest }: CellChange): void => {
    if (model.isDisposed) return;
    stockFollow.call(model, cell, rest);
    if (outputsChange === undefined && streamOutputChange === undefined) return;
    const next = cell.getOutputs();
    showing = true;
    for (const step of outputSteps(model.outputs.toJSON(), next)) take(model.outputs, step, next);
    showing = false;
  };
  shared.changed.disconnect(stockFollow, model);
  model.outputs.changed.disconnect(stockWriteBack, model);
  shared.changed.connect(follow);
  model.outputs.changed.connect((_outputs, change) => {
    if (!showing && change.type === 'clear') shared.clearOutputs(model);
  });
}
