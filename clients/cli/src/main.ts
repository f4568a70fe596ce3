/** The command `cokernel`: reads the command line, runs one command, and ends with its exit code. */
import type { HubClient } from '@cokernel/core';
import { HubError, CallError } from '@cokernel/core';
import type { KernelId } from '@cokernel/proto/hub';
import { Command, CommanderError } from 'commander';
import { attach } from './attach/attach.js';
import type { ExitCode } from './cli-error.js';
import { CliError, exitCodes } from './cli-error.js';
import { exec, readCode } from './commands/exec.js';
import { endKernel, listFolder, listKernels } from './commands/list.js';
import { run } from './commands/run.js';
import { serve, stop } from './commands/serve.js';
import { hubCommand } from './hub-command.js';
import type { HubOptions } from './hub-target.js';
import { hubTarget } from './hub-target.js';
import { existingKernel, namedKernel } from './named-kernel.js';
import { addOutputCommand } from './output-command.js';
import { pickNotebook } from './pick-notebook.js';
import { ReaderGone, bearGoneReaders } from './standard-streams.js';
import { addTimelineCommands } from './timeline-commands.js';

const hubProgram = new URL('../../../hub/dist/main.js', import.meta.url);

interface NamedOptions extends HubOptions {
  readonly name?: string;
}
interface AttachCommandOptions extends NamedOptions {
  readonly kernel?: string;
  readonly existing?: string;
}
interface StopOptions extends HubOptions {
  readonly keepKernels?: boolean;
  readonly stopKernels?: boolean;
}
interface KernelsOptions extends HubOptions {
  readonly json?: boolean;
  readonly end?: string;
}
interface JsonOptions extends HubOptions {
  readonly json?: boolean;
}
interface ExecCommandOptions extends JsonOptions {
  readonly code?: string;
  readonly notebook?: string;
  readonly kernel?: string;
  readonly existing?: string;
}
interface RunCommandOptions extends JsonOptions, NamedOptions {
  readonly kernel?: string;
}

/** Runs the command line; sets the process's exit code and never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  bearGoneReaders();
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
  addOutputCommand(cokernel);
  addTimelineCommands(cokernel);
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
  hubCommand(cokernel, 'stop', 'end the hub and its kernels')
    .option('--keep-kernels', 'leave the kernels for the next hub')
    .option('--stop-kernels', 'end the kernels, also when the hub was started with --keep-kernels')
    .action(async (options: StopOptions) => {
      const kernels = kernelsAtStop(options);
      const { client } = await hubTarget(options);
      say(await stop(client, kernels, say));
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
  hubCommand(cokernel, 'kernels', 'list the running kernels, what they use and the notebooks that use them')
    .option('--json', 'as one JSON array')
    .option('--end <id>', 'shut this one down, for all who use it')
    .action(async ({ json, end: ended, ...options }: KernelsOptions) => {
      const { client } = await hubTarget(options);
      say(ended === undefined ? await listKernels(client, { json: json === true }) : await endKernel(client, ended));
    });
}

function addRunCommands(cokernel: Command): void {
  hubCommand(cokernel, 'attach', 'work in a notebook from this terminal, beside the browser')
    .argument('[notebook]', 'the URL that the hub printed, a notebook’s URL, or its path')
    .option('--name <name>', 'your name in the room (or COKERNEL_NAME)')
    .option('--kernel <id>', 'let the notebook use this running kernel (cokernel kernels lists them)')
    .option('--existing <file>', 'let the notebook use the kernel of this connection file')
    .action(async (notebook: string | undefined, options: AttachCommandOptions) => {
      const { client, notebook: named } = await hubTarget(options, notebook);
      const path = named ?? (await pickNotebook(client));
      end(await attach({ client, notebook: path, name: options.name, kernelId: await wantedKernel(client, options) }));
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
    .option('--existing <file>', 'in the kernel of this connection file, which goes on afterwards')
    .option('--json', 'the transcript, one JSON object a line')
    .action(async (file: string | undefined, options: ExecCommandOptions) => {
      const code = await readCode(options.code, file);
      const { client, notebook } = await hubTarget(options, options.notebook);
      const { kernel: kernelName, existing, json } = options;
      end(await exec(client, { code, notebook, existing, kernelName, json: json === true }));
    });
}

function kernelsAtStop({ keepKernels, stopKernels }: StopOptions): 'keep' | 'stop' | undefined {
  if (keepKernels === true && stopKernels === true) {
    throw new CliError(exitCodes.usage, 'stop: --keep-kernels and --stop-kernels say the opposite: give one of them');
  }
  return keepKernels === true ? 'keep' : stopKernels === true ? 'stop' : undefined;
}

/** Undefined: the one that the notebook has. */
async function wantedKernel(client: HubClient, options: AttachCommandOptions): Promise<KernelId | undefined> {
  const { kernel, existing } = options;
  if (kernel !== undefined && existing !== undefined) {
    throw new CliError(exitCodes.usage, 'attach: give --kernel ID or --existing FILE, not both');
  }
  if (existing !== undefined) return existingKernel(client, existing);
  return kernel === undefined ? undefined : (await namedKernel(client, kernel)).kernelId;
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
  if (error instanceof ReaderGone) return exitCodes.ok;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`cokernel: ${message}\n`);
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof HubError || error instanceof CallError) return exitCodes.hub;
  return exitCodes.codeFailed;
}
