/** The transcripts, and what becomes of files of the store that were damaged. */
import { copyFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { truncate, writeFile, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RunId, type TranscriptEntry } from '@cokernel/proto/hub';
import { pino } from 'pino';
import type { StoreNotice } from '../../src/storage/embedded/notice.js';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { newHubId, newKernelId, newRequestId, queuedRun } from '../support/queued-run.js';

let directory: string;
let notices: StoreNotice[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cokernel-store-'));
  notices = [];
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const openStore = () =>
  openEmbeddedStore({ directory, onNotice: (notice) => notices.push(notice), log: pino({ level: 'silent' }) });

describe('transcripts', () => {
  const runId = RunId.parse('run/../1');
  const text = (value: string): TranscriptEntry => ({ type: 'streamText', name: 'stdout', text: value });

  test('entries come back in order, also those of appends at the same moment and after a restart', async () => {
    const store = await openStore();
    expect(await store.transcripts.read(runId)).toBeNull();
    const entries = Array.from({ length: 30 }, (_, index) => text(`line ${String(index)}\n`));
    await Promise.all(entries.map((entry) => store.transcripts.append(runId, [entry])));
    expect(await store.transcripts.read(runId)).toEqual(entries);
    await store.close();
    const again = await openStore();
    await again.transcripts.append(runId, [text('größer 🙂'), { type: 'clear' }]);
    expect(await again.transcripts.read(runId)).toEqual([...entries, text('größer 🙂'), { type: 'clear' }]);
    expect(await readdir(join(directory, 'transcripts'))).toHaveLength(1);
    await again.close();
  });

  test('a line that was not finished is left out, and the next one is not spoilt by it', async () => {
    const store = await openStore();
    await store.transcripts.append(runId, [text('one')]);
    const [name = ''] = await readdir(join(directory, 'transcripts'));
    await appendFile(join(directory, 'transcripts', name), '{"type":"streamText","na');
    expect(await store.transcripts.read(runId)).toEqual([text('one')]);
    await store.transcripts.append(runId, [text('two')]);
    expect(await store.transcripts.read(runId)).toEqual([text('one'), text('two')]);
    await store.close();
  });
});

describe('an LMDB file that was damaged', () => {
  async function fill(): Promise<{ readonly path: string; readonly kernelId: ReturnType<typeof newKernelId> }> {
    const store = await openStore();
    const kernelId = newKernelId();
    for (let index = 0; index < 60; index += 1) {
      await store.runQueue.enqueue(kernelId, newRequestId(), [queuedRun({ source: 'x'.repeat(900) })]);
    }
    await store.close();
    return { path: join(directory, 'queue.lmdb'), kernelId };
  }

  test.each<[string, (path: string) => Promise<void>]>([
    ['cut in half', async (path) => truncate(path, 8192 * Math.floor((await stat(path)).size / 16_384))],
    ['filled with zeros from its third page on', (path) => overwrite(path, 8_192, 0)],
    ['filled with noise from its third page on', (path) => overwrite(path, 8_192, 0xa7)],
    ['filled with noise', (path) => overwrite(path, 0, 0xa7)],
    ['text', (path) => writeFile(path, 'this is no database')],
  ])('%s: it is put aside with a notice, and the queue works', async (_, spoil) => {
    const { path, kernelId } = await fill();
    await spoil(path);
    const store = await openStore();
    expect(notices).toMatchObject([{ code: 'queueRebuilt', level: 'warning' }]);
    expect(await store.runQueue.snapshot(kernelId)).toMatchObject({ number: 0, queued: [] });
    await store.runQueue.enqueue(kernelId, newRequestId(), [queuedRun()]);
    const claim = await store.leases.claim({ kind: 'kernel', id: kernelId }, newHubId(), 1_000, 7);
    expect(claim).toEqual({ outcome: 'claimed', fence: 8 });
    await store.close();
    expect((await readdir(directory)).filter((name) => name.includes('lmdb.damaged'))).toHaveLength(1);
  });

  test('a sound file that was not closed in good order, or is a copy, is used as it is', async () => {
    const { path, kernelId } = await fill();
    await copyFile(path, `${path}.copy`);
    await rm(path);
    await copyFile(`${path}.copy`, path);
    const store = await openStore();
    expect((await store.runQueue.snapshot(kernelId)).queued).toHaveLength(60);
    expect(notices).toEqual([]);
    await store.close();
  });

  async function overwrite(path: string, from: number, byte: number): Promise<void> {
    const file = await readFile(path);
    file.fill(byte, from);
    await writeFile(path, file);
  }
});
