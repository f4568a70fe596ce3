/** `cokernel exec`: runs code without a cell, in a notebook's kernel or in one of its own, and passes its output on. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { HubClient } from '@cokernel/core';
import type { KernelId, RunId, TranscriptEntry } from '@cokernel/proto/hub';
import type { ExitCode } from '../cli-error.js';
import { CliError, exitCodes } from '../cli-error.js';
import { outputText } from '../text/output-text.js';
import { makePaint, safeText } from '../text/terminal-text.js';
import { colorsWanted } from '../text/colors-wanted.js';

export interface ExecOptions {
  readonly code: string;
  /** Run in this notebook's kernel; null: in a kernel of its own, shut down afterwards. */
  readonly notebook: string | null;
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
    throw new CliError(exitCodes.usage, `exec: ${file} can't be read (${error instanceof Error ? error.message : ''})`);
  }
}

export async function exec(client: HubClient, options: ExecOptions): Promise<ExitCode> {
  if (options.notebook !== null) {
    const { kernel } = await client.session(options.notebook, options.kernelName);
    return runIn(client, kernel.id, options);
  }
  const kernel = await client.startKernel(options.kernelName);
  try {
    return await runIn(client, kernel.id, options);
  } finally {
    await client.deleteKernel(kernel.id);
  }
}

async function runIn(client: HubClient, kernelId: KernelId, options: ExecOptions): Promise<ExitCode> {
  const { runId } = await client.execute(kernelId, options.code);
  const interrupt = () => {
    client.interruptKernel(kernelId).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  };
  process.on('SIGINT', interrupt);
  try {
    return await follow(client, kernelId, runId, options.json);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function follow(client: HubClient, kernelId: KernelId, runId: RunId, json: boolean): Promise<ExitCode> {
  for await (const entry of client.transcript(runId, { follow: true })) {
    if (json) process.stdout.write(`${JSON.stringify(entry)}\n`);
    else show(entry);
    if (entry.type === 'prompt') await client.answerPrompt(kernelId, runId, await answerTo(entry, json));
    if (entry.type === 'finished') return entry.state === 'succeeded' ? exitCodes.ok : exitCodes.codeFailed;
  }
  throw new CliError(exitCodes.hub, 'the hub ended the transcript before the run was over');
}

/** Streams go where the code sent them, so that pipes work; what a person should see of the rest goes beside. */
function show(entry: TranscriptEntry): void {
  switch (entry.type) {
    case 'streamText':
      return writeStream(entry.name, entry.text);
    case 'output':
      if (entry.output.output_type === 'stream') return writeStream(entry.output.name, entry.output.text);
      return writeLine(entry.output.output_type === 'error' ? process.stderr : process.stdout, entry.output);
    case 'updateDisplay':
      return writeLine(process.stdout, { output_type: 'display_data', data: entry.data, metadata: entry.metadata });
    case 'finished':
      if (entry.state !== 'succeeded' && entry.state !== 'failed') {
        process.stderr.write(`${entry.state}${entry.reason === null ? '' : `: ${safeText(entry.reason)}`}\n`);
      }
      return;
    case 'prompt':
    case 'clear':
      return;
  }
}

function writeStream(name: string, content: string): void {
  const stream = name === 'stderr' ? process.stderr : process.stdout;
  // Into a pipe the text goes as it is; a terminal is protected from it.
  stream.write(stream.isTTY ? safeText(content) : content);
}

/** A result is printed bare: a script wants `2`, not `Out[1]: 2`. */
function writeLine(stream: NodeJS.WriteStream, output: Parameters<typeof outputText>[0]): void {
  const bare = output.output_type === 'execute_result' ? ({ ...output, output_type: 'display_data' } as const) : output;
  const shown = outputText(bare, { paint: makePaint(colorsWanted(stream, process.env)), openAt: null });
  if (shown !== '') stream.write(`${shown}\n`);
}

async function answerTo(prompt: Extract<TranscriptEntry, { type: 'prompt' }>, json: boolean): Promise<string> {
  const reader = createInterface({ input: process.stdin, terminal: false });
  if (!json) process.stderr.write(safeText(prompt.text));
  try {
    const { value } = await reader[Symbol.asyncIterator]().next();
    return value ?? '';
  } finally {
    reader.close();
  }
}
