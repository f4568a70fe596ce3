/** Requests that one hub passes on to another, between real HTTP servers. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { HUB_SECRET_HEADER, ROLE_HEADER } from '../../src/gateway/peer-headers.js';
import { Forwarder, type ForwardOutcome } from '../../src/link/forwarder.js';
import { answerNotLeading } from '../../src/link/unavailable.js';
import { waitUntil } from '../support/wait-until.js';

const MEGABYTE = 1024 * 1024;

/** What the leading hub does with a request. */
let lead: (request: IncomingMessage, response: ServerResponse) => unknown;
let leader: Server;
let relay: Server;
let forwarder: Forwarder;
let agent: Agent;
let outcomes: ForwardOutcome[] = [];
/** What is done with a request that may be asked again. */
let again: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  outcomes = [];
  agent = new Agent({ keepAlive: true });
  leader = await listening((asked, response) => lead(asked, response));
  forwarder = new Forwarder({ address: addressOf(leader), secret: 's3cret' });
  again = (_asked, response) => response.writeHead(599).end();
  relay = await listening((asked, response) => {
    const forwardable = Object.assign(asked, { originalUrl: asked.url ?? '' });
    forwarder.forward(forwardable, response, 'runner').then((outcome) => {
      outcomes.push(outcome);
      if (outcome === 'askAgain') again(asked, response);
    }, fail);
  });
});

afterEach(async () => {
  agent.destroy();
  forwarder.stop();
  for (const server of [relay, leader]) await ended(server);
});

describe('a request that is passed on', () => {
  test('arrives with method, address, headers, body, secret and role, and so does its answer', async () => {
    let headers: IncomingMessage['headers'] = {};
    lead = (asked, response) => {
      headers = asked.headers;
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.writeHead(207, 'So so', { 'X-Answer': 'yes', Connection: 'keep-alive, X-Mine', 'X-Mine': '1' });
      textOf(asked).then((body) => response.end(`${asked.method ?? ''} ${asked.url ?? ''} ${body}`), fail);
    };
    const said = {
      ...{ host: 'hub.example:1234', authorization: 'token t', 'x-own': 'ö', 'content-type': 'text/plain' },
      ...{ connection: 'X-Hop, keep-alive', 'x-hop': '1', te: 'trailers', [ROLE_HEADER]: 'owner' },
    };
    const answer = await ask('PUT', '/api/contents/a%20b?x=1&y=%C3%A9', said, Buffer.from('the body'));
    expect(await textOf(answer)).toBe('PUT /api/contents/a%20b?x=1&y=%C3%A9 the body');
    expect([answer.statusCode, answer.statusMessage]).toEqual([207, 'So so']);
    expect(answer.headers).toMatchObject({ 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] });
    expect(answer.headers).not.toHaveProperty('x-mine');
    expect(headers).toMatchObject({
      ...{ host: 'hub.example:1234', authorization: 'token t', 'content-type': 'text/plain' },
      ...{ [HUB_SECRET_HEADER]: 's3cret', [ROLE_HEADER]: 'runner' },
    });
    expect(headers['x-own']).toBe('ö');
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-hop']));
    expect(headers).not.toHaveProperty('te');
  });

  test.each(['GET', 'HEAD', 'DELETE'])(
    'without a body, such as %s, ends, and connections are used again',
    async (method) => {
      const connections = new Set<unknown>();
      lead = (asked, response) => {
        connections.add(asked.socket);
        response.setHeader('X-Method', asked.method ?? '');
        if (asked.method === 'DELETE') response.statusCode = 204;
        response.end(asked.method === 'GET' ? 'got' : undefined);
      };
      for (let n = 0; n < 3; n += 1) {
        const answer = await ask(method, '/api/kernels');
        expect(await textOf(answer)).toBe(method === 'GET' ? 'got' : '');
        expect(answer.headers['x-method']).toBe(method);
      }
      // Who gets no body may ask again before the connection is free.
      if (method === 'GET') expect(connections.size).toBe(1);
    },
  );

  test('is answered part by part, from its first headers on', async () => {
    let growing: ServerResponse | null = null;
    lead = (_asked, response) => {
      growing = response;
      response.flushHeaders();
    };
    const answer = await ask('GET', '/api/hub/runs');
    const parts: string[] = [];
    answer.on('data', (part: Buffer) => parts.push(part.toString()));
    for (const line of ['one\n', 'two\n']) {
      growing!.write(line);
      await waitUntil(`the line ${line}`, () => parts.at(-1) === line);
    }
    growing!.end();
    await once(answer, 'end');
  });

  test('of 100 MB is read as fast as the leading hub reads, and whole', async () => {
    let there: { body: IncomingMessage; response: ServerResponse } | null = null;
    lead = (body, response) => (there = { body, response });
    const asked = begin('PUT', '/api/contents/large', { 'content-type': 'application/octet-stream' });
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
    const sender = sending(asked, 100);
    await waitUntil('the leading hub is asked', () => there !== null);
    await staysAt(() => sender.sent);
    expect(sender.sent).toBeLessThan(50);
    const { body, response } = there!;
    expect(await sha256Of(body)).toBe(await sender.sha256);
    response.end();
    expect((await answered)[0].statusCode).toBe(200);
  });

  test('whose answer has 100 MB is answered as fast as the client reads, and whole', async () => {
    let sender: ReturnType<typeof sending> | null = null;
    lead = (_asked, response) => (sender = sending(response, 100));
    const answer = await ask('GET', '/api/large');
    answer.pause();
    await staysAt(() => sender!.sent);
    expect(sender!.sent).toBeLessThan(50);
    expect(await sha256Of(answer)).toBe(await sender!.sha256);
  });

  test('that is refused before its body was read is answered, and the connection goes on', async () => {
    lead = (_asked, response) => response.writeHead(413).end('too large');
    const asked = begin('PUT', '/api/contents/x', {});
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
    asked.write(Buffer.alloc(4 * MEGABYTE));
    const [answer] = await answered;
    expect([answer.statusCode, await textOf(answer)]).toEqual([413, 'too large']);
    let isHeardOut = false;
    asked.end(Buffer.alloc(MEGABYTE), () => (isHeardOut = true));
    await waitUntil('the rest of the body is taken', () => isHeardOut);
    expect(outcomes).toEqual(['answered']);
  });
});

describe('a request whose client leaves', () => {
  test.each(['before the answer', 'in the middle of the answer'])('%s ends at the leading hub', async (when) => {
    let isGone = false;
    let isAsked = false;
    lead = (_asked, response) => {
      isAsked = true;
      if (when !== 'before the answer') response.write('begun');
      response.on('close', () => (isGone = !response.writableFinished));
    };
    const asked = begin('GET', '/api/slow', {});
    let isAnswered = false;
    asked.on('response', () => (isAnswered = true));
    asked.end();
    await waitUntil('the leading hub is asked', () => isAsked && (when === 'before the answer' || isAnswered));
    asked.destroy();
    await waitUntil('it is gone there', () => isGone);
    await waitUntil('it is done with', () => outcomes.length === 1);
    expect(outcomes).toEqual(['answered']);
  });

  test('while it uploads ends at the leading hub', async () => {
    let isGone = false;
    let got = 0;
    lead = (asked) => {
      asked.on('data', (part: Buffer) => (got += part.length));
      asked.on('error', () => undefined);
      asked.on('close', () => (isGone = !asked.complete));
    };
    const asked = begin('PUT', '/api/contents/x', {});
    asked.write(Buffer.alloc(1000));
    await waitUntil('a part of it is there', () => got === 1000);
    asked.destroy();
    await waitUntil('it is gone there', () => isGone);
  });
});

describe('a leading hub that is lost', () => {
  /** The next one to lead, who says what he was asked. */
  const nextLeads = async (): Promise<Server> => {
    const next = await listening((asked, response) => {
      textOf(asked).then((body) => response.end(`next: ${asked.method ?? ''} ${body}`), fail);
    });
    again = (asked, response) => {
      forwarder.stop();
      forwarder = new Forwarder({ address: addressOf(next), secret: 's3cret' });
      forwarder.forward(Object.assign(asked, { originalUrl: asked.url ?? '' }), response, 'runner').catch(fail);
    };
    return next;
  };

  test('before it answered a GET: the next one is asked', async () => {
    const next = await nextLeads();
    lead = (asked) => asked.socket.destroy();
    expect(await textOf(await ask('GET', '/api/kernels'))).toBe('next: GET ');
    expect(outcomes).toEqual(['askAgain']);
    await ended(next);
  });

  test('before anything was sent: the next one is asked, with the whole body', async () => {
    const next = await nextLeads();
    await ended(leader);
    expect(await textOf(await ask('POST', '/api/sessions', {}, '{"path":"x"}'))).toBe('next: POST {"path":"x"}');
    await ended(next);
  });

  test('with a POST under way: nobody is asked twice, and the client is told so', async () => {
    lead = (asked) => textOf(asked).then(() => asked.socket.destroy(), fail);
    const answer = await ask('POST', '/api/sessions', {}, '{}');
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
    expect(JSON.parse(await textOf(answer))).toMatchObject({
      message: expect.stringContaining('whether it did what was asked is not known'),
      reason: 'unavailable',
    });
    expect(outcomes).toEqual(['answered']);
  });

  test('in the middle of an answer: half of it does not look like a whole one', async () => {
    lead = (asked, response) => {
      response.write('half');
      setImmediate(() => asked.socket.destroy());
    };
    await expect(ask('GET', '/api/large').then(textOf)).rejects.toThrow(/aborted|hang up/);
  });

  test('as others find: what is under way is asked of the next one', async () => {
    const next = await nextLeads();
    let isAsked = false;
    lead = () => (isAsked = true);
    const answered = ask('GET', '/api/kernels');
    await waitUntil('it is asked', () => isAsked);
    forwarder.stop();
    expect(await textOf(await answered)).toBe('next: GET ');
    await ended(next);
  });

  test('since it leads no more: the next one is asked', async () => {
    const next = await nextLeads();
    lead = (_asked, response) => answerNotLeading(response);
    expect(await textOf(await ask('GET', '/api/kernels'))).toBe('next: GET ');
    await ended(next);
  });
});

test('a request that another hub has passed on is not passed on again', async () => {
  lead = () => {
    throw new Error('it was');
  };
  const answer = await ask('GET', '/api/kernels', { [HUB_SECRET_HEADER]: 'any' });
  expect([answer.statusCode, answer.headers['x-cokernel-leads']]).toEqual([503, 'no']);
});

/** What never rejects did. */
function fail(error: unknown): never {
  throw error;
}

async function listening(serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Can be called twice. */
async function ended(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function begin(method: string, path: string, headers: Record<string, string>): ClientRequest {
  const asked = request(`${addressOf(relay)}${path}`, { method, headers, agent });
  asked.on('error', () => undefined);
  return asked;
}

async function ask(method: string, path: string, headers = {}, body?: string | Buffer): Promise<IncomingMessage> {
  const asked = begin(method, path, headers);
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

async function textOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function sha256Of(message: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of message as AsyncIterable<Buffer>) hash.update(part);
  return hash.digest('hex');
}

/** Waits until it has begun, and not changed for a while. */
async function staysAt(value: () => number): Promise<void> {
  let [last, times] = [0, 0];
  await waitUntil('it stays', () => {
    times = value() === last && last > 0 ? times + 1 : 0;
    last = value();
    return times > 40;
  });
}

/** Sends so many megabytes as they are taken, and ends. */
function sending(to: ClientRequest | ServerResponse, megabytes: number): { sent: number; sha256: Promise<string> } {
  const hash = createHash('sha256');
  const progress = { sent: 0, sha256: Promise.resolve('') };
  const send = async (): Promise<string> => {
    for (let n = 0; n < megabytes; n += 1) {
      const part = Buffer.alloc(MEGABYTE, n);
      hash.update(part);
      if (!to.write(part)) await once(to, 'drain');
      progress.sent = n + 1;
    }
    to.end();
    return hash.digest('hex');
  };
  progress.sha256 = send();
  return progress;
}
