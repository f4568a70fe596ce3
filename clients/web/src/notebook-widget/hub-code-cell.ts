/**
 * A code cell that never writes what a run produces: the hub alone does. The stock widget sets the cell's state to
 * idle in the shared document whenever it sees a new execution count, in every page at once.
 */
import { CodeCell, CodeCellModel } from '@jupyterlab/cells';
import { Notebook } from '@jupyterlab/notebook';
import { shareOutputs } from './shared-outputs.js';

class HubCodeCell extends CodeCell {
  protected override onStateChanged(...[model, args]: Parameters<CodeCell['onStateChanged']>): void {
    // As a change of state the same event redraws the prompt and writes nothing.
    const drawn = args.name === 'executionCount' ? { ...args, name: 'executionState' } : args;
    super.onStateChanged(model, drawn);
  }
}

export class HubContentFactory extends Notebook.ContentFactory {
  override createCodeCell(options: CodeCell.IOptions): CodeCell {
    if (options.model instanceof CodeCellModel) shareOutputs(options.model);
    return new HubCodeCell(options).initializeState();
  }
}
