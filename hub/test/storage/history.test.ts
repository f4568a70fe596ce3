/** Versions and histories on the disk. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { appendFile, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Epoch, FileId, VersionId } from '@cokernel/proto/hub';
import type { HistoryRecord } from '@cokernel/proto/hub';
import { FileHistoryStore } from '../../src/storage/history/history-store.js';
import { SegmentFile } from '../../src/storage/history/segment-file.js';
import { FileVersionStore } from '../../src/storage/history/version-store.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const fileId = FileId.parse('a.b/c');
const epoch = Epoch.parse('e');
const at = '2026-11-22T12:00:00.000Z';
const limits = { maxBytes: 64 * 1024, segmentBytes: 8 * 1024 };

let scratch: ScratchFolder;

beforeEach(async () => {
  scratch = await scratchFolder();
});

afterEach(() => scratch.remove());

describe('versions', () => {
  const version = (content: string, name: string | null = null) =>
    ({ at, kind: 'afterBatch', name, author: null, cells: 1, content }) as const;
  let store: FileVersionStore;

  beforeEach(() => {
    store = new FileVersionStore(path.join(scratch.path, 'versions'));
  });

  const contents = async (): Promise<string[]> =>
    (await readdir(path.join(scratch.path, 'versions', 'a%2Eb%2Fc'))).filter((name) => name.endsWith('.gz'));

  test('are counted, listed in order and read back, also by the next store', async () => {
    const added = await Promise.all(['one', 'two', 'three'].map((text) => store.add(fileId, version(text))));
    expect(added.map(({ versionId }) => versionId)).toEqual(['1', '2', '3']);
    const next = new FileVersionStore(path.join(scratch.path, 'versions'));
    expect(await next.list(fileId)).toEqual(added);
    expect(await next.content(fileId, VersionId.parse('2'))).toBe('two');
    expect(await next.content(fileId, VersionId.parse('9'))).toBeNull();
    expect(await next.list(FileId.parse('another'))).toEqual([]);
  });

  test('of one content have it once, and it goes with the last of them', async () => {
    for (const text of ['same', 'same', 'other']) await store.add(fileId, version(text));
    expect(await contents()).toHaveLength(2);
    await store.remove(fileId, [VersionId.parse('1')]);
    expect(await store.content(fileId, VersionId.parse('2'))).toBe('same');
    await store.remove(fileId, [VersionId.parse('2'), VersionId.parse('7')]);
    expect(await contents()).toHaveLength(1);
  });

  test('that were removed leave their number to nobody', async () => {
    await store.add(fileId, version('one'));
    await store.remove(fileId, [VersionId.parse('1')]);
    expect((await store.add(fileId, version('two'))).versionId).toBe('2');
  });

  test('take a name', async () => {
    await store.add(fileId, version('one'));
    expect(await store.name(fileId, VersionId.parse('1'), 'draft')).toMatchObject({ name: 'draft' });
    expect(await store.name(fileId, VersionId.parse('2'), 'draft')).toBeNull();
    expect((await store.list(fileId))[0]?.name).toBe('draft');
  });

  test('are the owner’s alone', async () => {
    await store.add(fileId, version('one'));
    for (const name of await readdir(scratch.path, { recursive: true })) {
      expect((await stat(path.join(scratch.path, name))).mode & 0o077).toBe(0);
    }
  });
});

describe('a history', () => {
  let store: FileHistoryStore;
  const folder = (): string => path.join(scratch.path, 'history');
  const place = (): string => path.join(folder(), 'a%2Eb%2Fc');

  beforeEach(() => {
    store = new FileHistoryStore({ folder: folder(), ...limits });
  });

  const state = (bytes: number): string => randomBytes(bytes).toString('base64');
  const edit = (bytes: number): HistoryRecord => ({ type: 'edited', at, by: null, update: state(bytes) });
  const all = async (from = store): Promise<HistoryRecord[]> => {
    const records: HistoryRecord[] = [];
    for await (const record of from.read(fileId)) records.push(record);
    return records;
  };
  const bytesOnDisk = async (): Promise<number> => {
    const sizes = await Promise.all((await readdir(place())).map(async (name) => stat(path.join(place(), name))));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  };

  test('is read back as it was written, over all its segments', async () => {
    const written: HistoryRecord[] = [];
    for (let segment = 1; segment <= 3; segment += 1) {
      const begin = { at, epoch, state: state(100) };
      await store.begin(fileId, begin);
      written.push({ type: 'began', segment, ...begin });
      const records = [edit(10), edit(20)];
      await store.append(fileId, records);
      written.push(...records);
    }
    expect(await all()).toEqual(written);
    expect(await all(new FileHistoryStore({ folder: folder(), ...limits }))).toEqual(written);
    expect(await all()).toHaveLength(9);
  });

  test('says when its newest segment is full, and goes on in one that is not, also after a restart', async () => {
    await store.begin(fileId, { at, epoch, state: state(100) });
    expect(await store.append(fileId, [edit(100)])).toEqual({ full: false });
    const next = new FileHistoryStore({ folder: folder(), ...limits });
    expect(await next.newest(fileId)).toHaveLength(2);
    expect(await next.append(fileId, [edit(3 * 1024)])).toEqual({ full: false });
    const third = new FileHistoryStore({ folder: folder(), ...limits });
    expect(await third.append(fileId, [edit(3 * 1024)])).toEqual({ full: true });
    expect(await third.newest(fileId)).toEqual([]);
  });

  test('whose newest segment was sealed before a crash, without another behind it, begins another', async () => {
    const begin = { at, epoch, state: state(10) };
    await store.begin(fileId, begin);
    await new SegmentFile(path.join(place(), '00000001')).seal();
    const next = new FileHistoryStore({ folder: folder(), ...limits });
    expect(await next.newest(fileId)).toEqual([]);
    await next.begin(fileId, begin);
    await next.append(fileId, [edit(10)]);
    expect((await all(next)).map(({ type }) => type)).toEqual(['began', 'began', 'edited']);
  });

  test('keeps within its bound by dropping the oldest, and says where it begins', async () => {
    for (let segment = 0; segment < 40; segment += 1) {
      await store.begin(fileId, { at, epoch, state: state(2_000) });
      while (!(await store.append(fileId, [edit(1_000)])).full);
      expect(await bytesOnDisk()).toBeLessThanOrEqual(limits.maxBytes);
    }
    const [first] = await all();
    expect(first?.type === 'began' && first.segment).toBeGreaterThan(1);
    expect((await all()).length).toBeGreaterThan(20);
  });

  test('takes nothing that is larger than its bound allows', async () => {
    await store.begin(fileId, { at, epoch, state: state(100) });
    expect(await store.append(fileId, [edit(100_000)])).toEqual({ full: true });
    await expect(store.begin(fileId, { at, epoch, state: state(100_000) })).rejects.toThrow('too large');
    expect(await bytesOnDisk()).toBeLessThanOrEqual(limits.maxBytes);
  });

  test('that a crash tore is read up to the tear, which is cut off before more is appended', async () => {
    await store.begin(fileId, { at, epoch, state: state(10) });
    await store.append(fileId, [edit(10)]);
    const whole = JSON.stringify(edit(10));
    for (const torn of [whole.slice(0, 25), whole]) {
      const written = await all();
      await appendFile(path.join(place(), '00000001.jsonl'), torn);
      const next = new FileHistoryStore({ folder: folder(), ...limits });
      expect(await all(next)).toEqual(written);
      const record = edit(10);
      await next.append(fileId, [record]);
      expect(await all(next)).toEqual([...written, record]);
    }
  });

  test('is read past a line that can’t be', async () => {
    await store.begin(fileId, { at, epoch, state: state(10) });
    await appendFile(path.join(place(), '00000001.jsonl'), '\0\0\0\0\n{"type":"began","packed":"!"}\n');
    await store.append(fileId, [edit(10)]);
    expect((await all()).map(({ type }) => type)).toEqual(['began', 'edited']);
  });

  test('is compressed when it is over, and the owner’s alone', async () => {
    await store.begin(fileId, { at, epoch, state: state(10) });
    await store.begin(fileId, { at, epoch, state: state(10) });
    expect((await readdir(place())).sort()).toEqual(['00000001.jsonl.gz', '00000002.jsonl']);
    for (const name of await readdir(place())) {
      expect((await stat(path.join(place(), name))).mode & 0o077).toBe(0);
      expect((await readFile(path.join(place(), name))).length).toBeGreaterThan(0);
    }
  });
});
