/** All that a run put out, each part once, wherever it lies. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FileId, type TranscriptEntry } from '@cokernel/proto/hub';
import { HubClient, wholeEntries } from '../src/index.js';
import { SmallHub } from './support/small-hub.js';

let hub: SmallHub;
let client: HubClient;
let asked: (string | undefined)[];

beforeEach(async () => {
  hub = new SmallHub();
  client = new HubClient({ url: await hub.start() });
  asked = [];
});
afterEach(() => hub.stop());

/** What the store has; null: nothing any more. */
function keeps(whole: string | null): void {
  hub.rest = (request, response) => {
    asked.push(request.headers.range);
    const bytes = Buffer.from(whole ?? '');
    const [, from = '0', to = '0'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    if (whole === null) response.writeHead(404).end();
    else response.writeHead(206, { 'Content-Range': `bytes ${from}-${to}/${String(bytes.length)}` }).end(part);
    return true;
  };
}

const stream = (text: string) => ({ type: 'output', output: { output_type: 'stream', name: 'stdout', text } }) as const;
const stored = (bytes: number) =>
  ({
    type: 'storedText',
    index: 0,
    text: '⋯\nend',
    stored: { id: 't', sha256: null, bytes, gap: { from: 4, to: 6 } },
  }) as never;

async function textOf(...entries: TranscriptEntry[]): Promise<string> {
  let text = '';
  for await (const entry of wholeEntries(entries, { hub: client, fileId: FileId.parse('run') })) {
    if (entry.type === 'streamText') text += entry.text;
    else if (entry.type === 'output' && entry.output.output_type === 'stream') text += entry.output.text;
    else throw new Error(`there is an entry ${entry.type}`);
  }
  return text;
}

test('a text that goes on elsewhere is read on from what was told of it, in bytes, as it grows', async () => {
  keeps('é\ntwo\nthree\n');
  expect(await textOf(stream('é\nt'), stored(7), stored(7), stored(13))).toBe('é\ntwo\nthree\n');
  expect(asked).toEqual(['bytes=3-6', 'bytes=7-12']);
});

test('a last line that was written anew since it was told is told anew', async () => {
  keeps('one\n100%\n');
  expect(await textOf(stream('one\n50%'), stored(9))).toBe('one\n50%\r100%\n');
});

test('what is not kept any more is as the hub showed it', async () => {
  keeps(null);
  expect(await textOf(stream('one\n'), stored(9))).toBe('one\n⋯\nend');
});
