/** `cokernel output NOTEBOOK CELL`: all that a cell put out, wherever it lies, as it is; or the lines of it with some words. */
import type { HubClient, Room, StoredName } from '@cokernel/core';
import { nameOfText, wholeEntries } from '@cokernel/core';
import type { FileId } from '@cokernel/proto/hub';
import { readDocument, type CodeCell, type Notebook, type Output } from '@cokernel/proto/notebook';
import { CliError, exitCodes, type ExitCode } from '../cli-error.js';
import { thisDevice } from '../device.js';
import { joined } from '../joined-room.js';
import { write } from '../standard-streams.js';
import { cellsText, findCodeCell } from '../text/cells-text.js';
import { entriesOf, rawText } from '../text/output-entries.js';
import { safeText } from '../text/terminal-text.js';

export interface OutputRequest {
  readonly notebook: string;
  /** Undefined: those that have output are listed. */
  readonly cell: string | undefined;
  readonly words: string | undefined;
}

export async function output(client: HubClient, asked: OutputRequest): Promise<ExitCode> {
  const room = client.joinRoom({
    path: asked.notebook,
    ...(await thisDevice(undefined, process.env)),
    client: 'program',
  });
  try {
    await joined(room);
    return await answer(client, room, asked);
  } finally {
    room.close();
  }
}

async function answer(client: HubClient, room: Room, { cell, words }: OutputRequest): Promise<ExitCode> {
  const { fileId, path } = room.state;
  const notebook = room.document === null ? null : readDocument(room.document.doc);
  if (fileId === null || notebook === null) throw new CliError(exitCodes.hub, 'the room was left');
  if (cell === undefined) {
    await write(process.stdout, `${cellsText(notebook)}\n`);
    return exitCodes.ok;
  }
  const found = cellOf(notebook, cell, path);
  if (words !== undefined) return search(client, fileId, found.outputs, words);
  await writeAll(client, fileId, found.outputs);
  return exitCodes.ok;
}

function cellOf(notebook: Notebook, cell: string, path: string): CodeCell {
  const found = findCodeCell(notebook, cell);
  if (typeof found === 'string')
    throw new CliError(exitCodes.usage, `output: ${found} in ${path}; \`cokernel output ${path}\` lists the cells`);
  if (found.outputs.length === 0)
    throw new CliError(exitCodes.usage, `output: cell ${found.id} of ${path} has no output`);
  return found;
}

/** Into a pipe the text goes as it is; a terminal is protected from it. */
async function writeAll(client: HubClient, fileId: FileId, outputs: readonly Output[]): Promise<void> {
  let end = '\n';
  for await (const text of texts(client, fileId, outputs)) {
    end = text.slice(-1);
    await write(process.stdout, process.stdout.isTTY ? safeText(text) : text);
  }
  // A shell's prompt begins a line.
  if (process.stdout.isTTY && end !== '\n') await write(process.stdout, '\n');
}

async function* texts(client: HubClient, fileId: FileId, outputs: readonly Output[]): AsyncGenerator<string> {
  for await (const entry of wholeEntries(entriesOf(outputs), { hub: client, fileId })) {
    const text = rawText(entry);
    if (text !== '') yield text;
  }
}

/** `LINE: text`; where several outputs have lines, the place of each output is before it. */
async function search(client: HubClient, fileId: FileId, outputs: readonly Output[], words: string): Promise<ExitCode> {
  let found = 0;
  for (const [index, one] of outputs.entries()) {
    const name = outputs.length === 1 ? '' : `output ${String(index + 1)}, `;
    for await (const { line, text } of matchesIn(client, fileId, one, words)) {
      const said = `${name}${String(line)}: ${text}`;
      await write(process.stdout, `${process.stdout.isTTY ? safeText(said) : said}\n`);
      found += 1;
    }
  }
  return found > 0 ? exitCodes.ok : exitCodes.codeFailed;
}

interface Line {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** What lies outside is searched by the hub. */
async function* matchesIn(client: HubClient, fileId: FileId, one: Output, words: string): AsyncGenerator<Line> {
  const stored = 'stored' in one && one.stored.outputs === undefined ? one.stored : null;
  if (stored !== null) yield* matchesInStore(client, nameOfText(fileId, stored), words);
  else {
    let whole = '';
    for await (const text of texts(client, fileId, [one])) whole += text;
    const lines = whole.split('\n').map((text, index) => ({ line: index + 1, text }));
    yield* lines.filter(({ text }) => text.includes(words));
  }
}

async function* matchesInStore(client: HubClient, name: StoredName, words: string): AsyncGenerator<Line> {
  let last = 0;
  for (let from: number | null = 0; from !== null;) {
    const page = await client.searchText(name, { words, from, limit: 1_000 });
    for (const match of page.matches) {
      if (match.line > last) yield match;
      last = match.line;
    }
    from = page.next;
  }
}
