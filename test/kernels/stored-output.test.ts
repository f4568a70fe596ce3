/** What a run printed and showed beyond what a document holds, by the client library from a real hub and a real kernel. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HubClient } from '@cokernel/core';
import type { FileId } from '@cokernel/proto/hub';
import { storedBundle } from '@cokernel/proto/notebook';
import { startHub, type HubProcess } from '../end-to-end/support/hub-process.js';
import { pythonKernelspec } from '../end-to-end/support/kernelspecs.js';
import { makeScratch, type Scratch } from '../end-to-end/support/scratch.js';
import { joinNotebook, type NotebookUser } from './support/notebook-user.js';

let scratch: Scratch;
let hub: HubProcess;
let client: HubClient;
let user: NotebookUser;
let fileId: FileId;

beforeAll(async () => {
  scratch = makeScratch();
  hub = await startHub(scratch, { served: scratch.make('served'), kernelspecs: pythonKernelspec(scratch) });
  client = new HubClient(hub);
  const { path } = await client.createNotebook('');
  user = await joinNotebook(scratch, hub, path);
  fileId = user.room.state.fileId!;
}, 120_000);

afterAll(() => scratch.end());

test('[X5] [P43] [P46] a long text is read whole and in part, searched and downloaded', async () => {
  const { cellId } = await user.run('for i in range(100_000):\n    print(i)');
  const [output] = user.outputs(cellId);
  const stored = output?.output_type === 'stream' ? output.stored : undefined;
  const whole = Array.from({ length: 100_000 }, (_, n) => `${String(n)}\n`).join('');
  expect(stored).toMatchObject({ bytes: whole.length, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  for (const name of [
    { fileId, textId: stored!.id },
    { fileId, sha256: stored!.sha256! },
  ]) {
    const all = await client.readStoredOutput(name);
    expect(await all.response.text()).toBe(whole);
    const end = await client.readStoredOutput(name, { range: { last: 12 } });
    expect([end.size, await end.response.text()]).toEqual([whole.length, '99998\n99999\n']);
    const { matches, next } = await client.searchText(name, { words: '9999', limit: 2 });
    expect(matches.map(({ line, text }) => [line, text])).toEqual([
      [10_000, '9999'],
      [20_000, '19999'],
    ]);
    const found = await client.readStoredOutput(name, { range: { start: next!, end: next! + 4 } });
    expect(await found.response.text()).toBe('9999');
    const download = await fetch(client.storedOutputUrl(name, { download: 'numbers.txt' }));
    expect(download.headers.get('content-disposition')).toContain('numbers.txt');
    expect(await download.text()).toBe(whole);
  }
}, 120_000);

test('[X5] [P43] [P44] a large picture is read by its hash, and by nobody through another notebook', async () => {
  const code = "import base64\ndisplay({'image/png': base64.b64encode(bytes(range(256)) * 800).decode()}, raw=True)";
  const { cellId } = await user.run(code);
  const [output] = user.outputs(cellId);
  const stored = output?.output_type === 'display_data' ? storedBundle(output.data)?.['image/png'] : undefined;
  const bytes = Buffer.concat(Array.from({ length: 800 }, () => Buffer.from(Array.from({ length: 256 }, (_, n) => n))));
  const name = { fileId, sha256: stored!.sha256 };
  const picture = await fetch(client.storedOutputUrl(name, { type: 'image/png' }));
  expect(picture.headers.get('content-type')).toBe('image/png');
  expect(Buffer.from(await picture.arrayBuffer()).equals(bytes)).toBe(true);
  const other = await joinNotebook(scratch, hub, (await client.createNotebook('')).path);
  const elsewhere = client.readStoredOutput({ ...name, fileId: other.room.state.fileId! });
  await expect(elsewhere).rejects.toMatchObject({ kind: 'refused', status: 404 });
}, 120_000);
