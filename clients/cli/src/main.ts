/** The command `cokernel`: reads the command line, runs one command, and ends with its exit code. */
import { HubError, CallError } from '@cokernel/core';
import { Command, CommanderError } from 'commander';
import { attach } from './attach/attach.js';
import type { ExitCode } from './cli-error.js';
import { CliError, exitCodes } from './cli-error.js';
import { exec, readCode } from './commands/exec.js';
import { listFolder, listKernels } from './commands/list.js';
import { run } from './commands/run.js';
import { serve, stop } from './commands/serve.js';
import type { HubOptions } from './hub-target.js';
import { hubTarget } from './hub-target.js';
import { pickNotebook } from './pick-notebook.js';

const hubProgram = new URL('../../../hub/dist/main.js', import.meta.url);

interface NamedOptions extends HubOptions {
  readonly name?: string;
}
interface JsonOptions extends HubOptions {
  readonly json?: boolean;
}
interface ExecCommandOptions extends JsonOptions {
  readonly code?: string;
  readonly notebook?: string;
  readonly kernel?: string;
}
interface RunCommandOptions extends JsonOptions, NamedOptions {
  readonly kernel?: string;
}

/** Runs the command line; sets the process's exit code and never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(argv, { from: 'user' });
  } catch (error) {
    process.exitCode = explain(error);
  }
}

function program(): Command {
  const cokernel = new Command('cokernel')
    .description('A collaborative kernel hub for Jupyter: serve notebooks, and work in them from the terminal.')
    .exitOverride()
    .showHelpAfterError('(cokernel --help lists the commands)')
    .enablePositionalOptions();
  addHubCommands(cokernel);
  addListCommands(cokernel);
  addRunCommands(cokernel);
  return cokernel;
}

function addHubCommands(cokernel: Command): void {
  cokernel
    .command('serve')
    .description('start the hub; takes the hub’s own arguments (cokernel serve --help)')
    .argument('[arguments...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => end(await serve(hubProgram, args)));
  hubCommand(cokernel, 'stop', 'end the hub').action(async (options: HubOptions) => {
    const { client } = await hubTarget(options);
    say(await stop(client));
  });
}

function addListCommands(cokernel: Command): void {
  hubCommand(cokernel, 'ls', 'list the notebooks and folders that the hub serves')
    .argument('[folder]', 'relative to the served folder', '')
    .option('--json', 'as one JSON array')
    .action(async (folder: string, options: JsonOptions) => {
      const { client } = await hubTarget(options);
      say(await listFolder(client, folder, { json: options.json === true }));
    });
  hubCommand(cokernel, 'kernels', 'list the running kernels')
    .option('--json', 'as one JSON array')
    .action(async (options: JsonOptions) => {
      const { client } = await hubTarget(options);
      say(await listKernels(client, { json: options.json === true }));
    });
}

function addRunCommands(cokernel: Command): void {
  hubCommand(cokernel, 'attach', 'work in a notebook from this terminal, beside the browser')
    .argument('[notebook]', 'the URL that the hub printed, a notebook’s URL, or its path')
    .option('--name <name>', 'your name in the room (or COKERNEL_NAME)')
    .action(async (notebook: string | undefined, options: NamedOptions) => {
      const target = await hubTarget(options, notebook);
      const path = target.notebook ?? (await pickNotebook(target.client));
      end(await attach({ client: target.client, notebook: path, name: options.name }));
    });
  hubCommand(cokernel, 'run', 'run all cells of a notebook; exit code 1 when one fails')
    .argument('<notebook>', 'its URL or path')
    .option('--kernel <name>', 'start this kernelspec first')
    .option('--name <name>', 'your name in the room (or COKERNEL_NAME)')
    .option('--json', 'one JSON object a cell')
    .action(async (notebook: string, options: RunCommandOptions) => {
      const target = await hubTarget(options, notebook);
      if (target.notebook === null) throw new CliError(exitCodes.usage, 'run: the URL names no notebook');
      const { name, kernel: kernelName, json } = options;
      end(await run(target.client, { notebook: target.notebook, name, kernelName, json: json === true }));
    });
  addExec(cokernel);
}

function addExec(cokernel: Command): void {
  hubCommand(cokernel, 'exec', 'run code without a cell; exit code 1 when it fails')
    .argument('[file]', 'a file with code, or - for standard input')
    .option('-c, --code <code>', 'the code itself')
    .option('--notebook <notebook>', 'in this notebook’s kernel; otherwise in a kernel of its own')
    .option('--kernel <name>', 'the kernelspec to start')
    .option('--json', 'the transcript, one JSON object a line')
    .action(async (file: string | undefined, options: ExecCommandOptions) => {
      const code = await readCode(options.code, file);
      const { client, notebook } = await hubTarget(options, options.notebook);
      end(await exec(client, { code, notebook, kernelName: options.kernel, json: options.json === true }));
    });
}

function hubCommand(cokernel: Command, name: string, description: string): Command {
  return cokernel
    .command(name)
    .description(description)
    .option('--hub <url>', 'the hub (or COKERNEL_HUB; else the one that runs for you)')
    .option('--token <token>', 'its token (or COKERNEL_TOKEN)');
}

function say(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}

function end(exitCode: number): void {
  process.exitCode = exitCode;
}

/** Says what went wrong, and answers the exit code for it. */
function explain(error: unknown): ExitCode {
  // Commander has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`cokernel: ${message}\n`);
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof HubError || error instanceof CallError) return exitCodes.hub;
  return exitCodes.codeFailed;
}
