/** Whether a long text is whole: its ends in a document, all of it over REST and in the saved file. */
import type { HubClient, StoredName } from '@cokernel/core';
import type { FileId, TextMatch } from '@cokernel/proto/hub';
import type { Output, StoredText } from '@cokernel/proto/notebook';
import { savedCell } from './saved-cells.js';
import { differenceOfText, firstDifference } from './shown-output.js';

export interface LargeTextPlace {
  readonly hub: HubClient;
  readonly fileId: FileId;
  /** Of the cell, in a document. */
  readonly outputs: readonly Output[];
  readonly cellId: string;
  readonly file: string;
}

/** Rejects with what is wrong. */
export async function readLargeText(place: LargeTextPlace, wanted: string): Promise<void> {
  const [output, more] = place.outputs;
  if (output?.output_type !== 'stream' || more !== undefined) {
    throw new Error(`the cell shows ${place.outputs.map((one) => one.output_type).join(', ') || 'nothing'}`);
  }
  const { text, stored } = output;
  refuse('the document', stored === undefined ? differenceOfText(wanted, text) : faultOfEnds(wanted, text, stored));
  if (stored !== undefined) await readStored(place, stored, wanted);
  refuse('the file', firstDifference([{ kind: 'stdout', text: wanted }], savedCell(place.file, place.cellId).shown));
}

function faultOfEnds(wanted: string, text: string, { gap, bytes }: StoredText): string | null {
  if (!wanted.startsWith(text.slice(0, gap.from))) return 'its first part is not that of what was printed';
  if (!wanted.endsWith(text.slice(gap.to))) return 'its last part is not that of what was printed';
  if (gap.from === 0 || gap.to === text.length) return 'it has not both ends';
  return bytes === wanted.length ? null : `it says that there are ${bytes} bytes and not ${wanted.length}`;
}

async function readStored({ hub, fileId }: LargeTextPlace, stored: StoredText, wanted: string): Promise<void> {
  if (stored.sha256 === null) throw new Error('the document names no hash of the text');
  const names: readonly StoredName[] = [
    { fileId, textId: stored.id },
    { fileId, sha256: stored.sha256 },
  ];
  for (const name of names) {
    const how = 'textId' in name ? 'by its id' : 'by its hash';
    const { response } = await hub.readStoredOutput(name);
    refuse(`over REST, ${how}`, differenceOfText(wanted, await response.text()));
    const range = { start: Math.floor(wanted.length / 2), end: Math.floor(wanted.length / 2) + 10_000 };
    const part = await hub.readStoredOutput(name, { range });
    const [from, to] = [range.start, range.end];
    refuse(`a part over REST, ${how}`, differenceOfText(wanted.slice(from, to), await part.response.text()));
    await search(hub, name, wanted);
  }
}

/** All that is found, page by page; the texts of these programs are ASCII, so that a character is a byte. */
async function search(hub: HubClient, name: StoredName, wanted: string): Promise<void> {
  const words =
    wanted
      .slice(0, wanted.lastIndexOf('\n', wanted.length - 2))
      .split('\n')
      .at(-1) ?? '';
  const found: TextMatch[] = [];
  let from: number | null = 0;
  while (from !== null) {
    const page = await hub.searchText(name, { words, from, limit: 3 });
    found.push(...page.matches);
    from = page.next;
  }
  const places = found.map((match) => `${match.line}:${match.from}`).join(' ');
  const expected = placesOf(words, wanted).join(' ');
  if (places !== expected) throw new Error(`'${words}' is found at ${places}, not at ${expected}`);
}

function placesOf(words: string, text: string): readonly string[] {
  const places: string[] = [];
  for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + words.length)) {
    places.push(`${text.slice(0, at).split('\n').length}:${at}`);
  }
  return places;
}

function refuse(where: string, fault: string | null): void {
  if (fault !== null) throw new Error(`the text, ${where}: ${fault}`);
}
