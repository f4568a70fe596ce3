/** `cokernel versions` and `cokernel history` as commands: their arguments, and what each asks for. */
import type { Command } from 'commander';
import { CliError, exitCodes } from './cli-error.js';
import { history } from './commands/history.js';
import { type VersionsRequest, versions } from './commands/versions.js';
import { hubCommand } from './hub-command.js';
import type { HubOptions } from './hub-target.js';
import { notebookTarget } from './hub-target.js';

interface VersionsOptions extends HubOptions {
  readonly name?: string;
  readonly json?: boolean;
}
interface HistoryOptions extends HubOptions {
  readonly play?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
  cokernel versions a.ipynb                     the versions, newest first
  cokernel versions a.ipynb keep "first draft"  keep the notebook as it is now
  cokernel versions a.ipynb diff 12             what changed since version 12
  cokernel versions a.ipynb diff 12 14          what changed from 12 to 14
  cokernel versions a.ipynb show 12             version 12 as .ipynb (> old.ipynb)
  cokernel versions a.ipynb name 12 "draft"     name version 12
  cokernel versions a.ipynb restore 12          make the notebook like version 12 again`;

export function addTimelineCommands(cokernel: Command): void {
  hubCommand(cokernel, 'versions', 'list, compare, name and restore the versions of a notebook')
    .argument('<notebook>', 'its URL or path')
    .argument('[what]', 'ls, show, diff, keep, name or restore', 'ls')
    .argument('[words...]', 'the numbers of versions, and a name')
    .option('--name <name>', 'your name in the room (or COKERNEL_NAME)')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (notebook: string, what: string, words: string[], options: VersionsOptions) => {
      const asked = requestOf(what, words);
      const target = await notebookTarget('versions', options, notebook);
      await versions(target.client, { ...options, notebook: target.notebook, asked, json: options.json === true });
    });
  hubCommand(cokernel, 'history', 'what happened in a notebook: edits, runs, questions and output, in their order')
    .argument('<notebook>', 'its URL or path')
    .option('--play', 'play it again: what changed, at the pace at which it did, without the pauses')
    .option('--json', 'one JSON object a line, as the hub keeps it')
    .action(async (notebook: string, { play, json, ...options }: HistoryOptions) => {
      const target = await notebookTarget('history', options, notebook);
      await history(target.client, { notebook: target.notebook, play: play === true, json: json === true });
    });
}

/** Throws CliError when the words do not fit. */
export function requestOf(what: string, words: readonly string[]): VersionsRequest {
  const [first, second] = words;
  const isOf = (least: number, most = least): boolean => words.length >= least && words.length <= most;
  if (what === 'ls' && isOf(0)) return { what };
  if (what === 'keep' && first !== undefined && isOf(1)) return { what, name: first };
  if (what === 'name' && first !== undefined && second !== undefined && isOf(2))
    return { what, id: first, name: second };
  if ((what === 'show' || what === 'restore') && first !== undefined && isOf(1)) return { what, id: first };
  if (what === 'diff' && first !== undefined && isOf(1, 2)) return { what, id: first, other: second ?? null };
  throw new CliError(exitCodes.usage, `versions: '${[what, ...words].join(' ')}' is none of:${EXAMPLES}`);
}
