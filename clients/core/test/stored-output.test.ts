import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { ContentHash, FileId, TextId } from '@cokernel/proto/hub';
import { HubClient } from '../src/index.js';
import { SmallHub } from './support/small-hub.js';

const sha256 = ContentHash.parse('a'.repeat(64));
const output = { fileId: FileId.parse('a b'), sha256 };
const text = { fileId: FileId.parse('a b'), textId: TextId.parse('run.0') };

let hub: SmallHub;
let client: HubClient;
beforeEach(async () => {
  hub = new SmallHub();
  client = new HubClient({ url: await hub.start(), token: 'T&' });
});
afterEach(() => hub.stop());

/** Answers each request with this; tells what was asked. */
function serve(status: number, headers: OutgoingHttpHeaders, body: string): IncomingMessage[] {
  const asked: IncomingMessage[] = [];
  hub.rest = (request, response) => {
    asked.push(request);
    response.writeHead(status, headers).end(body);
    return true;
  };
  return asked;
}

test('all of an output is read by its hash, with the token', async () => {
  const asked = serve(200, { 'Content-Length': 3 }, 'abc');
  const { start, size, response } = await client.readStoredOutput(output);
  expect([start, size, await response.text()]).toEqual([0, 3, 'abc']);
  expect(asked[0]?.url).toBe(`/api/hub/notebooks/a%20b/outputs/${sha256}`);
  expect(asked[0]?.headers).toMatchObject({ authorization: 'token T&' });
  expect(asked[0]?.headers.range).toBeUndefined();
});

test.each([
  [{ start: 5 }, 'bytes=5-'],
  [{ start: 5, end: 8 }, 'bytes=5-7'],
  [{ last: 3 }, 'bytes=-3'],
])('the part %j of a text is asked for as %s', async (range, header) => {
  const asked = serve(206, { 'Content-Range': 'bytes 5-7/20' }, 'fgh');
  const { start, size, response } = await client.readStoredOutput(text, { range });
  expect([start, size, await response.text()]).toEqual([5, 20, 'fgh']);
  expect(asked[0]?.url).toBe('/api/hub/notebooks/a%20b/texts/run.0');
  expect(asked[0]?.headers.range).toBe(header);
});

test('who asked for a part of less than that is told so, and what is no hub’s answer is named', async () => {
  serve(416, {}, '{"message":"there are 3 bytes"}');
  const failed = { kind: 'refused', status: 416, message: 'there are 3 bytes' };
  await expect(client.readStoredOutput(text, { range: { start: 9 } })).rejects.toMatchObject(failed);
  serve(206, {}, 'fgh');
  await expect(client.readStoredOutput(text, { range: { start: 0 } })).rejects.toMatchObject({ kind: 'badAnswer' });
  serve(200, { 'Transfer-Encoding': 'chunked' }, 'abc');
  await expect(client.readStoredOutput(output)).rejects.toMatchObject({ kind: 'badAnswer' });
});

test('a search is one page of matches', async () => {
  const result = { matches: [{ line: 3, from: 10, to: 14, text: 'a & b' }], next: 20 };
  const asked = serve(200, {}, JSON.stringify(result));
  await expect(client.searchText(text, { words: 'a & b', from: 7, limit: 1 })).resolves.toEqual(result);
  expect(asked[0]?.url).toBe('/api/hub/notebooks/a%20b/texts/run.0?search=a+%26+b&from=7&limit=1');
  serve(200, {}, '{"matches":[{"line":0}],"next":null}');
  await expect(client.searchText(output, { words: 'x' })).rejects.toMatchObject({ kind: 'badAnswer' });
});

test('a URL says the type and the name, and carries the token only where there is no cookie', () => {
  const path = `/api/hub/notebooks/a%20b/outputs/${sha256}`;
  const url = client.storedOutputUrl(output, { type: 'image/png', download: 'a.png' });
  expect(url).toBe(`${hub.url}${path}?type=image%2Fpng&download=a.png&token=T%26`);
  expect(new HubClient({ url: 'http://hub/' }).storedOutputUrl(output)).toBe(`http://hub${path}`);
});
