/** `cokernel output` as a command: its arguments, and what each asks for. */
import type { Command } from 'commander';
import { output } from './commands/output.js';
import { hubCommand } from './hub-command.js';
import { notebookTarget, type HubOptions } from './hub-target.js';

interface OutputCommandOptions extends HubOptions {
  readonly search?: string;
}

const EXAMPLES = `
  cokernel output a.ipynb                      the cells that have output
  cokernel output a.ipynb 3 > log.txt          all that the third cell put out
  cokernel output a.ipynb 5d2e | tail          of the cell whose id begins so
  cokernel output a.ipynb 3 --search Error     the lines of it that have this word`;

export function addOutputCommand(cokernel: Command): void {
  hubCommand(cokernel, 'output', 'write the whole output of a cell, also what the notebook has no room for')
    .argument('<notebook>', 'its URL or path')
    .argument('[cell]', 'its id or the beginning of it, or its place, counted from 1')
    .option('--search <words>', 'only lines that have these words, each with its number; exit code 1 when none has')
    .addHelpText('after', EXAMPLES)
    .action(async (notebook: string, cell: string | undefined, { search, ...options }: OutputCommandOptions) => {
      const target = await notebookTarget('output', options, notebook);
      process.exitCode = await output(target.client, { notebook: target.notebook, cell, words: search });
    });
}
