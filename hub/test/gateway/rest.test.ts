/** The REST routes of a real hub, as a Jupyter client and a script use them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { TranscriptEntry } from '@cokernel/proto/hub';
import { RoomProgram, sessionOf } from '../support/room-program.js';
import { TOKEN, hubPlace, readServed, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
const Kernel = z.object({ id: z.string(), name: z.string(), execution_state: z.string(), last_activity: z.string() });

let place: HubPlace;
let hub: TestHub;
let kernelId: string;

beforeAll(async () => {
  place = await hubPlace();
  await writeCells(place, 'a.ipynb', 'print("by rest")');
  await mkdir(path.join(place.served, 'sub'));
  await writeFile(path.join(place.served, 'sub', 'b.txt'), 'text');
  await writeFile(path.join(place.served, 'c.bin'), Buffer.from([0xff, 0xfe, 0]));
  hub = await startHub(place);
  kernelId = Kernel.parse((await hub.rest('POST', '/api/kernels', {})).json).id;
}, SLOW_MS);

afterAll(async () => {
  await hub.stop();
  await place.remove();
}, SLOW_MS);

const get = (address: string) => hub.rest('GET', address);
const execute = async (body: unknown, kernel = kernelId): Promise<string> => {
  const { status, json } = await hub.rest('POST', `/api/kernels/${kernel}/execute`, body);
  expect(status).toBe(202);
  return z.object({ request_id: z.string() }).parse(json).request_id;
};

/** A transcript as it is followed, to its end. */
async function follow(runId: string): Promise<TranscriptEntry[]> {
  const address = `${hub.url}/api/hub/runs/${runId}/transcript?follow=1`;
  const response = await fetch(address, { headers: { authorization: `Bearer ${TOKEN}` } });
  const lines = (await response.text()).trim().split('\n');
  return lines.map((line) => TranscriptEntry.parse(JSON.parse(line)));
}

const printed = (entries: readonly TranscriptEntry[]): string =>
  entries
    .map((entry) => {
      if (entry.type === 'streamText') return entry.text;
      return entry.type === 'output' && entry.output.output_type === 'stream' ? entry.output.text : '';
    })
    .join('');

describe('the Jupyter Server API', () => {
  test('[P3] gives its version to everybody and anything else to who has the token', async () => {
    expect((await fetch(`${hub.url}/api`)).status).toBe(200);
    for (const address of ['/api/status', '/api/me', '/api/kernels', '/api/contents', '/api/nothing', '/', '/tree']) {
      expect({ address, status: (await fetch(hub.url + address)).status }).toEqual({ address, status: 401 });
    }
  });

  test('[P3] exchanges the token in the address of a page for cookies, and leaves it out of the address', async () => {
    const response = await fetch(`${hub.url}//evil.example/?token=${TOKEN}&name=Ann`, { redirect: 'manual' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/evil.example/?name=Ann');
    expect(response.headers.getSetCookie()).toHaveLength(2);
  });

  test('[P52] [P53] a hub without Redis is ready, and has no figures of one', async () => {
    expect(await get('/readyz')).toEqual({ status: 200, json: { ready: true, missing: [] } });
    const answer = await fetch(`${hub.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    expect(text).toContain('cokernel_rooms 0\n');
    expect(text).not.toContain('cokernel_redis');
  });

  test('tells who one is and how the hub is', async () => {
    expect((await get('/api/me')).json).toMatchObject({ identity: { username: 'owner' } });
    expect((await get('/api/status')).json).toMatchObject({ connections: 0, kernels: 1 });
    expect((await get('/api/hub/status')).json).toMatchObject({ folder: place.served, pid: hub.pid, notices: [] });
  });

  test('lists kernelspecs and kernels in its form', async () => {
    expect((await get('/api/kernelspecs')).json).toMatchObject({
      default: 'python3',
      kernelspecs: { python3: { name: 'python3', spec: { language: 'python' } } },
    });
    expect((await get('/api/kernelspecs/none')).status).toBe(404);
    const [kernel] = z.array(Kernel).parse((await get('/api/kernels')).json);
    expect(kernel).toMatchObject({ id: kernelId, name: 'python3' });
    expect(kernel?.last_activity).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect((await get('/api/kernels/none')).status).toBe(404);
  });

  test('reads contents: folders, notebooks, text and bytes; and nothing outside', async () => {
    const folder = z.object({ content: z.array(z.object({ name: z.string(), type: z.string() })) });
    const names = folder.parse((await get('/api/contents')).json).content.map(({ name }) => name);
    expect(names).toEqual(['sub', 'a.ipynb', 'c.bin']);
    expect((await get('/api/contents/a.ipynb')).json).toMatchObject({
      type: 'notebook',
      format: 'json',
      content: { nbformat: 4 },
    });
    expect((await get('/api/contents/a.ipynb?content=0')).json).toMatchObject({ content: null, format: null });
    expect((await get('/api/contents/sub/b.txt')).json).toMatchObject({ format: 'text', content: 'text' });
    expect((await get('/api/contents/c.bin')).json).toMatchObject({ format: 'base64', content: '//4A' });
    expect((await get('/api/contents/none')).status).toBe(404);
    const nan = '{"cells": [], "metadata": {"score": NaN}, "nbformat": 4, "nbformat_minor": 5}';
    await writeFile(path.join(place.served, 'sub', 'nan.ipynb'), nan);
    expect((await get('/api/contents/sub/nan.ipynb')).json).toMatchObject({ content: { metadata: { score: null } } });
    await writeFile(path.join(place.served, 'sub', 'blank.ipynb'), ' \n');
    expect((await get('/api/contents/sub/blank.ipynb')).json).toMatchObject({ content: { cells: [{ source: [] }] } });
    expect((await get('/api/contents/..%2F..%2Fetc%2Fpasswd')).status).toBe(403);
    expect((await get('/api/contents/a%00')).status).toBe(403);
  });

  test('what fails in the hub stands in its log with what it says', async () => {
    const body = { type: 'file', format: 'text', content: '' };
    expect((await hub.rest('PUT', `/api/contents/${'long'.repeat(100)}`, body)).status).toBe(500);
    await waitUntil('it is logged', () => hub.stderr().includes('"message":"ENAMETOOLONG: name too long'));
  });

  test('refuses what would lie in a file, and to replace a file by a folder or a folder by a file', async () => {
    const file = { type: 'file', format: 'text', content: '' };
    const directory = { type: 'directory' };
    const refused = [
      await hub.rest('PUT', '/api/contents/a.ipynb/below', file),
      await hub.rest('PUT', '/api/contents/a.ipynb/below', directory),
      await hub.rest('POST', '/api/contents/a.ipynb', { type: 'notebook' }),
      await hub.rest('PATCH', '/api/contents/c.bin', { path: 'a.ipynb/below' }),
      await hub.rest('PUT', '/api/contents/sub', file),
      await hub.rest('PUT', '/api/contents/c.bin', directory),
    ];
    expect(refused.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409, 409]);
    expect(refused[0]?.json).toMatchObject({ message: "'a.ipynb' is a file: nothing can lie in it" });
    expect(refused[4]?.json).toMatchObject({ message: "there is a folder 'sub' already" });
    expect((await hub.rest('PUT', '/api/contents/sub', directory)).status).toBe(200);
  });

  test('deletes a file, an empty folder, and a link but not what it leads to', async () => {
    const remove = async (name: string): Promise<number> => (await hub.rest('DELETE', `/api/contents/${name}`)).status;
    await mkdir(path.join(place.served, 'gone'));
    await writeFile(path.join(place.served, 'gone', 'd.txt'), '');
    await symlink(path.join(place.served, 'sub'), path.join(place.served, 'link'));
    expect([await remove('gone'), await remove('gone/d.txt'), await remove('gone'), await remove('gone')]).toEqual([
      409, 204, 204, 404,
    ]);
    expect(await remove('link')).toBe(204);
    expect((await get('/api/contents/sub/b.txt')).status).toBe(200);
    expect([await remove('..%2Fdata'), await remove('%2F'), await remove('a.ipynb/below')]).toEqual([403, 403, 409]);
    expect((await fetch(`${hub.url}/api/contents/c.bin`, { method: 'DELETE' })).status).toBe(401);
  });

  test('makes notebooks under names that are free', async () => {
    const Made = z.object({ path: z.string() });
    const made = [await hub.rest('POST', '/api/contents/sub', { type: 'notebook' })];
    made.push(await hub.rest('POST', '/api/contents/sub', { type: 'notebook' }));
    expect(made.map(({ status, json }) => [status, Made.parse(json).path])).toEqual([
      [201, 'sub/Untitled.ipynb'],
      [201, 'sub/Untitled1.ipynb'],
    ]);
    expect(JSON.parse(await readServed(place, 'sub/Untitled.ipynb'))).toMatchObject({ nbformat: 4 });
    expect((await hub.rest('POST', '/api/contents', { type: 'file' })).status).toBe(400);
  });

  test('answers what it does not know with a message and no stack', async () => {
    const { status, json } = await get('/api/nothing');
    expect(status).toBe(404);
    expect(JSON.stringify(json)).not.toContain('node_modules');
    expect((await hub.rest('PUT', '/api/collaboration/session/a.ipynb', { format: 'text' })).status).toBe(400);
  });
});

describe('execution', () => {
  test(
    'of code goes through the queue into a transcript, read once or followed',
    async () => {
      const runId = await execute({ code: 'for i in range(200): print(i)\n1/0' });
      const followed = await follow(runId);
      expect(printed(followed)).toBe(Array.from({ length: 200 }, (_, n) => `${String(n)}\n`).join(''));
      expect(followed.filter((entry) => entry.type === 'finished')).toMatchObject([{ state: 'failed' }]);
      expect(await follow(runId)).toEqual(followed);
      expect((await hub.rest('GET', '/api/hub/runs/nobody-knows-it/transcript?follow=1')).status).toBe(404);
      expect((await get(`/api/kernels/${kernelId}/requests/${runId}`)).json).toMatchObject({ status: 'failed' });
      expect((await get('/api/hub/runs/none/transcript')).status).toBe(404);
    },
    SLOW_MS,
  );

  test(
    '[X7] a transcript that several follow from different moments is the same for each, once and in order',
    async () => {
      const code = 'import time\nfor i in range(60):\n print(i)\n time.sleep(0.01)';
      const runId = await execute({ code });
      const readers = [follow(runId)];
      const state = async (): Promise<string> =>
        JSON.stringify((await get(`/api/kernels/${kernelId}/requests/${runId}`)).json);
      await waitUntil('it runs', async () => (await state()).includes('running'));
      readers.push(follow(runId), follow(runId));
      const [first = [], ...others] = await Promise.all(readers);
      expect(printed(first)).toBe(Array.from({ length: 60 }, (_, n) => `${String(n)}\n`).join(''));
      for (const other of others) expect(printed(other)).toBe(printed(first));
    },
    SLOW_MS,
  );

  test(
    'under one request id happens once',
    async () => {
      const body = { code: 'print("once")', request_id: 'the same' };
      const runId = await execute(body);
      await follow(runId);
      expect(await execute(body)).toBe(runId);
    },
    SLOW_MS,
  );

  test(
    '[X8] that asks is answered by REST, once',
    async () => {
      const runId = await execute({ code: 'print("hi", input("Name? "))' });
      const request = `/api/kernels/${kernelId}/requests/${runId}`;
      await waitUntil('it asks', async () => (await get(request)).status === 300);
      expect((await hub.rest('POST', `${request}/input`, { input: 'Ann' })).status).toBe(201);
      expect((await hub.rest('POST', `${request}/input`, { input: 'Eve' })).status).toBe(409);
      expect(printed(await follow(runId))).toContain('hi Ann');
    },
    SLOW_MS,
  );

  test(
    'that waits when the kernel is shut down ends for who follows it',
    async () => {
      const other = Kernel.parse((await hub.rest('POST', '/api/kernels', { name: 'python3' })).json).id;
      const going = await execute({ code: 'import time\nwhile True: time.sleep(0.02)' }, other);
      const waiting = await execute({ code: 'print("never")' }, other);
      const ends = Promise.all([follow(going), follow(waiting)]);
      const state = async (): Promise<string> =>
        JSON.stringify((await get(`/api/kernels/${other}/requests/${going}`)).json);
      await waitUntil('it runs', async () => (await state()).includes('running'));
      expect((await hub.rest('DELETE', `/api/kernels/${other}`)).status).toBe(204);
      for (const entries of await ends) expect(entries.at(-1)).toMatchObject({ type: 'finished', state: 'cancelled' });
      expect((await get(`/api/kernels/${other}`)).status).toBe(404);
      expect(hub.stderr()).not.toContain('cleanly');
    },
    SLOW_MS,
  );

  test(
    'of a cell is seen in the room, and the session names notebook and kernel',
    async () => {
      const ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
      const { json } = await hub.rest('POST', '/api/sessions', { path: 'a.ipynb', type: 'notebook', kernel: {} });
      const session = z.object({ id: z.string(), path: z.string(), kernel: Kernel }).parse(json);
      expect(session.path).toBe('a.ipynb');
      const { fileId } = await sessionOf(hub, 'a.ipynb');
      const runId = await execute({ cell_id: 'c0', document_id: `json:notebook:${fileId}` }, session.kernel.id);
      expect(await ann.finished(runId)).toBe('succeeded');
      await waitUntil('the output arrives', () => ann.output('c0').includes('by rest'));
      expect(JSON.stringify((await get('/api/sessions')).json)).toContain('"path":"a.ipynb"');
      expect((await hub.rest('DELETE', `/api/sessions/${session.id}`)).status).toBe(204);
      await waitUntil('the room has no kernel', () => ann.told('kernelChanged').at(-1)?.kernel === null);
      ann.close();
    },
    SLOW_MS,
  );
});
