import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { KernelId, RunId } from '@cokernel/proto/hub';
import type { TranscriptEntry } from '@cokernel/proto/hub';
import { HubClient } from '../src/index.js';
import { SmallHub } from './support/small-hub.js';

let hub: SmallHub;
let client: HubClient;

beforeEach(async () => {
  hub = new SmallHub();
  client = new HubClient({ url: await hub.start(), token: 'T' });
});

afterEach(() => hub.stop());

const stream = (text: string) => ({ type: 'output', output: { output_type: 'stream', name: 'stdout', text } }) as const;
const finished = { type: 'finished', state: 'succeeded', executionCount: 1, reason: null } as const;

async function all(entries: AsyncIterable<TranscriptEntry>): Promise<TranscriptEntry[]> {
  const list: TranscriptEntry[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

/** Serves each request of a transcript with the next of these. */
function serve(...answers: ((response: ServerResponse) => void)[]): void {
  hub.rest = (_request, response) => {
    const answer = answers.shift();
    if (answer === undefined) response.destroy();
    else answer(response);
    return true;
  };
}

describe('requests', () => {
  test('carry the token, and the run’s id is read from the Location header', async () => {
    const seen: (string | undefined)[] = [];
    hub.rest = (request, response) => {
      seen.push(request.method, request.url, request.headers.authorization);
      response.writeHead(202, { Location: '/api/kernels/k/requests/run%201' }).end();
      return true;
    };
    await expect(client.execute(KernelId.parse('k'), '1')).resolves.toEqual({ runId: 'run 1' });
    expect(seen).toEqual(['POST', '/api/kernels/k/execute', 'token T']);
  });

  test('a refusal carries the hub’s message and status', async () => {
    hub.sessionStatus = 404;
    await expect(client.kernels()).rejects.toMatchObject({ kind: 'refused', status: 404, message: 'no such file' });
  });

  test('an answer of another shape is named as such', async () => {
    await expect(client.kernels()).rejects.toMatchObject({ kind: 'badAnswer' });
  });

  test('no hub at the address is said with the address and the cause', async () => {
    await hub.stop();
    await expect(client.status()).rejects.toThrow(/^no hub answers at http:.*ECONNREFUSED/);
    hub = new SmallHub();
    await hub.start();
  });
});

describe('a transcript that is followed', () => {
  const entries = [stream('a'), stream('b'), finished];
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

  test.each([1, 7, 40, 1000])('is read the same in pieces of %i bytes', async (size) => {
    serve((response) => {
      for (let at = 0; at < text.length; at += size) response.write(text.slice(at, at + size));
      response.end();
    });
    await expect(all(client.transcript(RunId.parse('r'), { follow: true }))).resolves.toEqual(entries);
  });

  test('[M31] is taken up where the connection broke, each entry once', async () => {
    const broken = `${JSON.stringify(entries[0])}\n${JSON.stringify(entries[1]).slice(0, 9)}`;
    serve(
      (response) => response.write(broken, () => response.destroy()),
      (response) => response.end(text),
    );
    await expect(all(client.transcript(RunId.parse('r'), { follow: true }))).resolves.toEqual(entries);
  });

  test('ends with an error when the hub stays away', async () => {
    serve((response) => response.write(`${JSON.stringify(entries[0])}\n`, () => response.destroy()));
    await expect(all(client.transcript(RunId.parse('r'), { follow: true }))).rejects.toMatchObject({
      kind: 'unreachable',
    });
  });
});
