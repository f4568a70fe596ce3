/** Connections to a kernel's channels that break, come back, lag behind or send nonsense, on a real hub. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { encodeV1 } from '@cokernel/proto/jupyter';
import type { ChannelProgram, ClientTraits } from '../support/channel-client.js';
import { ChannelHub } from '../support/channel-hub.js';
import { RoomProgram } from '../support/room-program.js';
import { TOKEN, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
const Kernel = z.object({ id: z.string(), connections: z.number() });
const numbers = (to: number): string => Array.from({ length: to }, (_, n) => `${String(n)}\n`).join('');

/** Prints numbers, each a message of its own, and waits at each of the gates until it is opened. */
function counting(to: number, ...gates: readonly number[]) {
  const folder = path.join(place.data, randomUUID());
  const code = [
    'import os, time',
    `for i in range(${String(to)}):`,
    `    while i in ${JSON.stringify(gates)} and not os.path.exists(${JSON.stringify(`${folder}/`)} + str(i)): time.sleep(0.01)`,
    '    print(i, flush=True)',
  ].join('\n');
  const open = async (gate: number): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, String(gate)), '');
  };
  return { code, open };
}

let all: ChannelHub;
let hub: TestHub;
let place: HubPlace;
let kernelId: string;

beforeAll(async () => {
  all = await ChannelHub.start();
  ({ hub, place } = all);
  ({ kernelId } = all);
  await writeCells(place, 'a.ipynb', 'print("from a room")');
}, SLOW_MS);

afterEach(() => all.hangUp());

afterAll(() => all.stop(), SLOW_MS);

const connect = (traits?: ClientTraits, kernelId?: string): Promise<ChannelProgram> => all.connect(traits, kernelId);

const connections = async (): Promise<number> =>
  Kernel.parse((await hub.rest('GET', `/api/kernels/${kernelId}`)).json).connections;

describe('a session', () => {
  test(
    '[S1] spawns a kernel by name, connects, disconnects, connects again, and shuts it down',
    async () => {
      const started = await hub.rest('POST', '/api/kernels', { name: 'python3' });
      expect(started.status).toBe(201);
      const { id } = Kernel.parse(started.json);
      const sessionId = randomUUID();
      const first = await connect({ sessionId }, id);
      await first.run('kept = 42');
      await first.leave();
      const second = await connect({ sessionId }, id);
      const request = second.execute('print(kept)');
      await second.answered(request);
      expect(second.printed()).toBe('42\n');
      expect((await hub.rest('DELETE', `/api/kernels/${id}`)).status).toBe(204);
      expect(await second.isClosed()).toMatchObject({ code: 4404 });
      expect((await hub.rest('GET', `/api/kernels/${id}`)).status).toBe(404);
    },
    SLOW_MS,
  );

  test.each(['v1', 'default'] as const)(
    '[S2] that says goodbye in the middle of a run gets what it missed once and in order (%s)',
    async (protocol) => {
      const sessionId = randomUUID();
      const before = await connect({ sessionId, protocol });
      const { code, open } = counting(60, 20, 40);
      const request = before.execute(code);
      await waitUntil('some is printed', () => before.printed().includes('10\n'));
      await before.leave();
      const other = await connect();
      await open(20);
      await waitUntil('some more is printed', () => other.printed().includes('39\n'));
      const after = await connect({ sessionId, protocol });
      await open(40);
      const reply = await after.answered(request);
      expect(reply.content).toMatchObject({ status: 'ok' });
      expect(before.printed() + after.printed()).toBe(numbers(60));
    },
    SLOW_MS,
  );

  test(
    '[S2] whose connection breaks gets all that it missed; with the last message that it has got, nothing twice',
    async () => {
      const sessionId = randomUUID();
      const before = await connect({ sessionId });
      const { code, open } = counting(80, 40);
      const request = before.execute(code);
      await waitUntil('some is printed', () => before.printed().includes('20\n'));
      before.socket.terminate();
      await open(40);
      const lastMsgId = before.messages.at(-1)?.header.msg_id ?? '';
      const after = await connect({ sessionId, lastMsgId });
      await after.answered(request);
      expect(before.printed() + after.printed()).toBe(numbers(80));
    },
    SLOW_MS,
  );

  test(
    '[S2] that does not read any more when its connection breaks misses nothing',
    async () => {
      const sessionId = randomUUID();
      const before = await connect({ sessionId });
      const { code, open } = counting(80, 40);
      const request = before.execute(code);
      await waitUntil('some is printed', () => before.printed().includes('39\n'));
      // Its answer to a ping confirms what it was sent before.
      const pinged = once(before.socket, 'ping');
      before.request('kernel_info_request');
      await pinged;
      before.socket.pause();
      const other = await connect();
      await open(40);
      await waitUntil('its end is told to others', () => other.typesOf(request).includes('idle'));
      before.socket.terminate();
      const after = await connect({ sessionId });
      expect((await after.answered(request)).content).toMatchObject({ status: 'ok' });
      // What no ping had confirmed comes again; nothing is missing.
      const seen = new Map([...before.messages, ...after.messages].map((message) => [message.header.msg_id, message]));
      const printed = [...seen.values()].filter(({ header }) => header.msg_type === 'stream');
      expect(printed.map(({ content }) => content['text']).join('')).toBe(numbers(80));
      expect(after.messages.length).toBeLessThan(seen.size);
    },
    SLOW_MS,
  );

  test(
    '[S2] that connects again takes the place of its older socket; another session is not disturbed',
    async () => {
      const sessionId = randomUUID();
      const [older, other] = [await connect({ sessionId }), await connect()];
      const newer = await connect({ sessionId });
      expect(await older.isClosed()).toMatchObject({ code: 4409 });
      const request = newer.execute('print("once")');
      await newer.answered(request);
      expect(newer.printed()).toBe('once\n');
      expect(older.printed()).toBe('');
      await waitUntil('the other hears it', () => other.printed() === 'once\n');
    },
    SLOW_MS,
  );
});

describe('a client that lags behind', () => {
  test(
    '[X16] is told that output is missing, gets its replies, and holds up nobody',
    async () => {
      const [slow, quick] = [await connect(), await connect()];
      slow.socket.pause();
      const loud = slow.execute('for i in range(400):\n    print(f"{i} " + "x" * 100_000, flush=True)');
      await waitUntil('the other has all', () => quick.typesOf(loud).includes('idle'));
      expect(quick.ofType('stream').length).toBeGreaterThan(0);
      expect(quick.printed().length).toBeGreaterThan(40_000_000);
      expect((await quick.run('1')).content).toMatchObject({ status: 'ok' });
      slow.socket.resume();
      expect((await slow.answered(loud)).content).toMatchObject({ status: 'ok' });
      const holes = slow.ofType('stream').filter(({ content }) => content['name'] === 'stderr');
      expect(holes.map(({ content }) => content['text']).join()).toMatch(/messages of this kernel .* are missing here/);
      expect(holes[0]?.parent_header).toMatchObject({ msg_id: loud.header.msg_id });
      expect(slow.printed()).toContain('399 ');
      expect(slow.printed().length).toBeLessThan(20_000_000);
      expect((await slow.run('1')).content).toMatchObject({ status: 'ok' });
    },
    SLOW_MS,
  );
});

describe('what is no message', () => {
  test(
    '[J3] is dropped, counted and logged, and the socket stays',
    async () => {
      const client = await connect();
      const good = client.request('kernel_info_request');
      for (const junk of [Buffer.alloc(0), Buffer.alloc(7), Buffer.alloc(64, 0xff), encodeV1(good).subarray(0, 90)]) {
        client.socket.send(junk);
      }
      client.socket.send('not JSON');
      client.socket.send(JSON.stringify({ channel: 'iopub', header: good.header, content: {} }));
      client.socket.send(JSON.stringify({ channel: 'shell', header: { ...good.header, version: '4.1' }, content: {} }));
      client.socket.send(JSON.stringify({ channel: 'nowhere', header: good.header, content: {} }));
      client.request('input_reply', { value: 'nobody asked' }, { channel: 'stdin' });
      expect((await client.run('"still here"')).content).toMatchObject({ status: 'ok' });
      expect(client.closed).toBeNull();
      const counted = ['tooShort', 'badOffsets', 'badJson', 'sentOnIopub', 'oldVersion', 'badChannel', 'notAsked'];
      const isCounted = (reason: string): boolean => hub.stderr().includes(`"reason":"${reason}","count":1`);
      await waitUntil('each is logged', () => counted.every(isCounted));
    },
    SLOW_MS,
  );
});

describe('the way in', () => {
  const open = async (query: string, headers: Record<string, string> = {}): Promise<number> => {
    const address = `${hub.url.replace('http', 'ws')}/api/kernels/${kernelId}/channels${query}`;
    const socket = new WebSocket(address, { headers });
    const [code] = z
      .tuple([z.number()])
      .rest(z.unknown())
      .parse(await once(socket, 'close'));
    return code;
  };

  test('[S2] wants the token, in the query or in a header, and a kernel that is there', async () => {
    expect(await open('')).toBe(4401);
    expect(await open('?token=wrong')).toBe(4401);
    const ok = await connect();
    expect(ok.socket.protocol).toBe('v1.kernel.websocket.jupyter.org');
    expect((await connect({ protocol: 'default' })).socket.protocol).toBe('');
    const nobody = await connect({}, 'no-such-kernel');
    expect(await nobody.isClosed()).toMatchObject({ code: 4404 });
  });

  test('[S2] a program that offers other protocols gets none of them', async () => {
    const address = `${hub.url.replace('http', 'ws')}/api/kernels/${kernelId}/channels?token=${TOKEN}`;
    const socket = new WebSocket(address, ['odd', 'v1.kernel.websocket.jupyter.org']);
    await once(socket, 'open');
    expect(socket.protocol).toBe('v1.kernel.websocket.jupyter.org');
    socket.terminate();
  });

  test('[S3] kernel ids are random, and nothing changes by GET', async () => {
    expect(kernelId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (const step of ['interrupt', 'restart', 'execute']) {
      expect((await hub.rest('GET', `/api/kernels/${kernelId}/${step}`)).status).toBe(404);
    }
    expect(Kernel.parse((await hub.rest('GET', `/api/kernels/${kernelId}`)).json).id).toBe(kernelId);
  });

  test(
    '[S2] who is connected is counted, as long as they are',
    async () => {
      await waitUntil('those before have gone', async () => (await connections()) === 0);
      const [one] = [await connect(), await connect()];
      expect(await connections()).toBe(2);
      await one.leave();
      await waitUntil('one has gone', async () => (await connections()) === 1);
    },
    SLOW_MS,
  );
});

describe('a notebook and a stock client', () => {
  test(
    '[S2] of one kernel hear each other: the run of a cell shows on the channels under its own header',
    async () => {
      const ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
      const started = await hub.rest('POST', '/api/sessions', { path: 'a.ipynb', type: 'notebook', kernel: {} });
      const { kernel } = z.object({ kernel: Kernel }).parse(started.json);
      const client = await connect({}, kernel.id);
      const { runs } = await ann.run(['c0']);
      const runId = runs[0]?.run.runId ?? '';
      await ann.finished(runId);
      await waitUntil('its output is heard', () => client.printed().includes('from a room'));
      const heard = client.ofType('stream').find(({ content }) => String(content['text']).startsWith('from a room'));
      expect(heard?.parent_header).toMatchObject({ msg_id: runId });
      expect(client.ofType('execute_reply')).toEqual([]);
      const mine = client.execute('print("of a stock client")');
      await waitUntil('the room sees it', () =>
        ann.told('runFinished').some(({ run }) => run.runId === mine.header.msg_id && run.state === 'succeeded'),
      );
      const seen = ann.told('runFinished').find(({ run }) => run.runId === mine.header.msg_id)?.run;
      expect(seen).toMatchObject({ target: { kind: 'transcript' }, author: { name: 'ann' } });
      ann.close();
    },
    SLOW_MS,
  );
});
