/** `cokernel exec`: runs code without a cell, in a notebook's kernel or in one of its own, and passes its output on. */
import { readFile } from 'node:fs/promises';
import type { Interface } from 'node:readline';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { HubClient } from '@cokernel/core';
import { HubError, wholeEntries } from '@cokernel/core';
import { FileId, type KernelId, type RunId, type TranscriptEntry } from '@cokernel/proto/hub';
import type { ExitCode } from '../cli-error.js';
import { CliError, exitCodes } from '../cli-error.js';
import { existingKernel } from '../named-kernel.js';
import { write } from '../standard-streams.js';
import { outputText } from '../text/output-text.js';
import { makePaint, safeText } from '../text/terminal-text.js';
import { colorsWanted } from '../text/colors-wanted.js';

type Prompt = Extract<TranscriptEntry, { type: 'prompt' }>;

export interface ExecOptions {
  readonly code: string;
  /** Run in this notebook's kernel; null: in a kernel of its own, shut down afterwards. */
  readonly notebook: string | null;
  /** Run in the kernel of this connection file, and leave it as it is. */
  readonly existing: string | undefined;
  readonly kernelName: string | undefined;
  /** Entries of the transcript as NDJSON instead of text. */
  readonly json: boolean;
}

/** From `-c CODE`, a file, or `-` for standard input. */
export async function readCode(code: string | undefined, file: string | undefined): Promise<string> {
  if (code !== undefined && file !== undefined)
    throw new CliError(exitCodes.usage, 'exec: give -c CODE or FILE, not both');
  if (code !== undefined) return code;
  if (file === undefined)
    throw new CliError(exitCodes.usage, 'exec: say what to run: -c CODE, FILE, or - for standard input');
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new CliError(exitCodes.usage, `exec: no file can be read there (${why}); code is given by -c CODE`);
  }
}

export async function exec(client: HubClient, options: ExecOptions): Promise<ExitCode> {
  if (options.existing !== undefined) return execInExisting(client, options.existing, options);
  if (options.notebook !== null) {
    const { kernel } = await client.session(options.notebook, options.kernelName);
    return runIn(client, kernel.id, options);
  }
  const kernel = await client.startKernel(options.kernelName);
  try {
    return await runIn(client, kernel.id, options);
  } finally {
    await client.deleteKernel(kernel.id).catch(unlessGone);
  }
}

/** Somebody else has ended the kernel, or the hub: what became of the run was told already. */
function unlessGone(error: unknown): void {
  const isGone = error instanceof HubError && (error.status === 404 || error.kind === 'unreachable');
  if (!isGone) throw error;
}

async function execInExisting(client: HubClient, file: string, options: ExecOptions): Promise<ExitCode> {
  if (options.notebook !== null || options.kernelName !== undefined)
    throw new CliError(exitCodes.usage, 'exec: --existing FILE names the kernel: give neither --notebook nor --kernel');
  return runIn(client, await existingKernel(client, file), options);
}

async function runIn(client: HubClient, kernelId: KernelId, options: ExecOptions): Promise<ExitCode> {
  const { runId } = await client.execute(kernelId, options.code);
  const lines = new AnswerLines();
  const interrupt = () => {
    client.interruptKernel(kernelId).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  };
  process.on('SIGINT', interrupt);
  try {
    return await follow(client, kernelId, runId, options, lines);
  } finally {
    lines.close();
    process.off('SIGINT', interrupt);
  }
}

async function follow(
  client: HubClient,
  kernelId: KernelId,
  runId: RunId,
  options: ExecOptions,
  lines: AnswerLines,
): Promise<ExitCode> {
  const entries = client.transcript(runId, { follow: true });
  const whole = options.json ? entries : wholeEntries(entries, { hub: client, fileId: FileId.parse(runId) });
  for await (const entry of whole) {
    if (options.json) await write(process.stdout, `${JSON.stringify(entry)}\n`);
    else await show(entry);
    if (entry.type === 'prompt') await client.answerPrompt(kernelId, runId, await answerTo(entry, options, lines));
    if (entry.type === 'finished') return entry.state === 'succeeded' ? exitCodes.ok : exitCodes.codeFailed;
  }
  throw new CliError(exitCodes.hub, 'the hub ended the transcript before the run was over');
}

/** Streams go where the code sent them, so that pipes work; what a person should see of the rest goes beside. */
async function show(entry: TranscriptEntry): Promise<void> {
  switch (entry.type) {
    case 'streamText':
      await writeStream(entry.name, entry.text);
      break;
    case 'output':
      if (entry.output.output_type === 'stream') await writeStream(entry.output.name, entry.output.text);
      else await writeLine(entry.output.output_type === 'error' ? process.stderr : process.stdout, entry.output);
      break;
    case 'updateDisplay':
      await writeLine(process.stdout, { output_type: 'display_data', data: entry.data, metadata: entry.metadata });
      break;
    case 'finished':
      await writeEnd(entry.state, entry.reason);
      break;
    case 'nextInput':
      await writeStream('stdout', `${entry.text}\n`);
      break;
    case 'storedText':
    case 'editFile':
    case 'prompt':
    case 'clear':
      break;
  }
}

/** A failure has shown its error already. */
async function writeEnd(state: string, reason: string | null): Promise<void> {
  if (state === 'succeeded' || state === 'failed') return;
  await write(process.stderr, `${state}${reason === null ? '' : `: ${safeText(reason)}`}\n`);
}

function writeStream(name: string, content: string): Promise<void> {
  const stream = name === 'stderr' ? process.stderr : process.stdout;
  // Into a pipe the text goes as it is; a terminal is protected from it.
  return write(stream, stream.isTTY ? safeText(content) : content);
}

/** A result is printed bare: a script wants `2`, not `Out[1]: 2`. */
async function writeLine(stream: NodeJS.WriteStream, output: Parameters<typeof outputText>[0]): Promise<void> {
  const bare = output.output_type === 'execute_result' ? ({ ...output, output_type: 'display_data' } as const) : output;
  const shown = outputText(bare, { paint: makePaint(colorsWanted(stream, process.env)), openAt: null });
  if (shown !== '') await write(stream, `${shown}\n`);
}

/**
 * Question and answer come back in the output, so a person's own line is taken away again, and a pipe is not asked in
 * words at all.
 */
async function answerTo(prompt: Prompt, { json }: ExecOptions, lines: AnswerLines): Promise<string> {
  const isPerson = process.stdin.isTTY && process.stdout.isTTY && !json;
  if (isPerson) process.stdout.write(safeText(prompt.text));
  const answer = await lines.next();
  if (isPerson) process.stdout.write('\x1b[1A\r\x1b[J');
  return answer;
}

/** Standard input line by line, opened when the first question comes; its end is the end-of-file that the kernel reads. */
class AnswerLines {
  #reader: Interface | null = null;
  #lines: AsyncIterator<string> | null = null;

  async next(): Promise<string> {
    this.#reader ??= createInterface({ input: process.stdin, terminal: false });
    this.#lines ??= this.#reader[Symbol.asyncIterator]();
    const line = await this.#lines.next();
    return line.done === true ? '\u0004' : line.value;
  }

  close(): void {
    this.#reader?.close();
  }
}
