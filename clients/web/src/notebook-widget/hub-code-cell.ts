/**
 * The parts of the notebook's cells. A code cell never writes what a run produces: the hub alone does. The stock widget sets the cell's state to
 * idle in the shared document whenever it sees a new execution count, in every page at once.
 */
import { CodeCell, CodeCellModel, type ICellHeader } from '@jupyterlab/cells';
import { Notebook } from '@jupyterlab/notebook';
import { ConflictHeader, type ConflictLinks } from './conflict-header.js';
import { shareOutputs } from './shared-outputs.js';

class HubCodeCell extends CodeCell {
  protected override onStateChanged(...[model, args]: Parameters<CodeCell['onStateChanged']>): void {
    // As a change of state the same event redraws the prompt and writes nothing.
    const drawn = args.name === 'executionCount' ? { ...args, name: 'executionState' } : args;
    super.onStateChanged(model, drawn);
  }
}

export class HubContentFactory extends Notebook.ContentFactory {
  readonly #conflicts: ConflictLinks;

  constructor(options: Notebook.ContentFactory.IOptions & { readonly conflicts: ConflictLinks }) {
    super(options);
    this.#conflicts = options.conflicts;
  }

  override createCellHeader(): ICellHeader {
    return new ConflictHeader(this.#conflicts);
  }

  override createCodeCell(options: CodeCell.IOptions): CodeCell {
    if (options.model instanceof CodeCellModel) shareOutputs(options.model);
    return new HubCodeCell(options).initializeState();
  }
}
