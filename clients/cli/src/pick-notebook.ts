/** Which notebook to attach to, when the command line names none. */
import { createInterface } from 'node:readline/promises';
import type { HubClient } from '@cokernel/core';
import { CliError, exitCodes } from './cli-error.js';
import { safeLine } from './text/terminal-text.js';

/** The only one that has a kernel, else the only one in the folder, else the one that the person chooses. */
export async function pickNotebook(client: HubClient): Promise<string> {
  const live = [...new Set((await client.sessions()).map(({ path }) => path))];
  const [onlyLive] = live;
  if (onlyLive !== undefined && live.length === 1) return onlyLive;
  const folder = await client.contents('');
  const entries = folder.type === 'directory' ? (folder.content ?? []) : [];
  const notebooks = entries.filter(({ type }) => type === 'notebook').map(({ path }) => path);
  const choice = [...new Set([...live, ...notebooks])];
  const [only] = choice;
  if (only === undefined)
    throw new CliError(exitCodes.usage, 'the served folder has no notebook; make one in the page');
  return choice.length === 1 ? only : ask(choice);
}

async function ask(notebooks: readonly string[]): Promise<string> {
  const list = notebooks.map((path, index) => `  ${String(index + 1)}  ${safeLine(path)}`).join('\n');
  if (!process.stdin.isTTY) {
    throw new CliError(exitCodes.usage, `which notebook? Name one: cokernel attach PATH\n${list}`);
  }
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = (await reader.question(`${list}\nWhich notebook? [1] `)).trim();
    const chosen = notebooks[answer === '' ? 0 : Number(answer) - 1] ?? notebooks.find((path) => path === answer);
    if (chosen === undefined) throw new CliError(exitCodes.usage, `'${answer}' is none of them`);
    return chosen;
  } finally {
    reader.close();
  }
}
