/** The documents' logs on disk: the contract, and what becomes of them when a write is torn or a bit turns. */
import { statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Epoch } from '@cokernel/proto/hub';
import { crc32 } from '../../src/crc32.js';
import { EmbeddedDocumentStore } from '../../src/storage/embedded/document-store.js';
import type { StoreNotice } from '../../src/storage/embedded/notice.js';
import { documentStoreContract } from '../contracts/document-store-contract.js';
import { newFileId } from '../support/queued-run.js';

let folder: string;
let notices: StoreNotice[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-documents-'));
  notices = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function openStore(): Promise<EmbeddedDocumentStore> {
  const store = new EmbeddedDocumentStore({
    folder,
    onNotice: (notice) => notices.push(notice),
    now: () => new Date('2026-01-01T00:00:00Z'),
  });
  await store.start();
  return store;
}

documentStoreContract(openStore);

const epoch = Epoch.parse('epoch-1');

/** A log of three updates; where each record begins, and where the last ends. */
async function writeLog(fileId = newFileId()) {
  const store = await openStore();
  const log = await store.create(fileId, 3, epoch, Uint8Array.of(0));
  const ends = [log.size().logBytes];
  for (const value of [1, 2, 3]) {
    await log.append({ update: new Uint8Array(9).fill(value) });
    ends.push(log.size().logBytes);
  }
  await store.close();
  const path = join(folder, `${fileId}.log`);
  return { fileId, path, file: await readFile(path), ends };
}

/** What opening gives: the first byte of each update, or the error's code. */
async function reopen(fileId: ReturnType<typeof newFileId>): Promise<number[] | string> {
  const store = await openStore();
  try {
    const opened = await store.open(fileId, 3);
    return opened?.loaded.updates.map((update) => update[0] ?? -1) ?? 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    await store.close();
  }
}

test('[P27] what is appended in one turn is on the disk at once, or nothing of it: no kill comes between', async () => {
  const fileId = newFileId();
  const store = await openStore();
  const log = await store.create(fileId, 3, epoch, Uint8Array.of(0));
  const first = log.append({ update: Uint8Array.of(1) });
  const second = log.setFact('a', 'b');
  const { logBytes } = log.size();
  await first;
  expect(statSync(join(folder, `${fileId}.log`)).size).toBe(logBytes);
  await second;
  await store.close();
});

describe('a torn tail', () => {
  test('a last record that ends too early, at whatever byte, is cut off and reported, and the rest stays', async () => {
    const { fileId, path, file, ends } = await writeLog();
    const lastBegins = ends[2] ?? 0;
    expect(ends[3]).toBe(file.length);
    for (let length = lastBegins + 1; length < file.length; length += 1) {
      await writeFile(path, file.subarray(0, length));
      expect(await reopen(fileId)).toEqual([0, 1, 2]);
      expect((await readFile(path)).length).toBe(lastBegins);
    }
    expect(notices).toHaveLength(file.length - lastBegins - 1);
    expect(notices.at(-1)).toMatchObject({ code: 'tornTail', level: 'warning' });
  });

  test('zeros behind the last record, as a power cut leaves them, are cut off, and appending goes on', async () => {
    const { fileId, path, file } = await writeLog();
    await writeFile(path, Buffer.concat([file, Buffer.alloc(4096)]));
    const store = await openStore();
    const opened = await store.open(fileId, 3);
    expect(opened?.loaded.tornBytes).toBe(4096);
    await opened?.log.append({ update: Uint8Array.of(4) });
    await store.close();
    expect(await reopen(fileId)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('damage', () => {
  test('a bit that turned before the last record is told with its place, and the file is left as it is', async () => {
    const { fileId, path, file, ends } = await writeLog();
    for (let at = 0; at < (ends[2] ?? 0); at += 1) {
      const spoilt = Buffer.from(file);
      spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << (at % 8)), at);
      await writeFile(path, spoilt);
      expect(await reopen(fileId)).toBe('damaged');
      expect((await readFile(path)).equals(spoilt)).toBe(true);
    }
    const store = await openStore();
    await expect(store.open(fileId, 3)).rejects.toThrow(`byte ${String(ends[1])}`);
    await store.close();
  });

  test('a bit that turned in the last record costs that record and no other', async () => {
    const { fileId, path, file, ends } = await writeLog();
    for (let at = ends[2] ?? 0; at < file.length; at += 1) {
      const spoilt = Buffer.from(file);
      spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << (at % 8)), at);
      await writeFile(path, spoilt);
      expect(await reopen(fileId)).toEqual([0, 1, 2]);
    }
  });

  test('a record that is missing in the middle is damage', async () => {
    const { fileId, path, file, ends } = await writeLog();
    await writeFile(path, Buffer.concat([file.subarray(0, ends[1]), file.subarray(ends[2])]));
    expect(await reopen(fileId)).toBe('damaged');
  });

  test('creating over a damaged log keeps the damaged one aside', async () => {
    const { fileId, path, file } = await writeLog();
    await writeFile(path, file.subarray(2));
    const store = await openStore();
    await store.create(fileId, 4, Epoch.parse('epoch-2'), Uint8Array.of(7));
    await store.close();
    expect(await reopen(newFileId(fileId))).toBe('staleFence');
    const aside = (await readdir(folder)).filter((name) => name.includes('unreadable'));
    expect(aside).toHaveLength(1);
    expect(await readFile(join(folder, aside[0] ?? ''))).toEqual(file.subarray(2));
  });
});

describe('a former owner', () => {
  test('what it writes after another has opened the log is void', async () => {
    const fileId = newFileId();
    // Two stores, as two hubs that share a folder would have.
    const [ann, ben] = [await openStore(), await openStore()];
    const annsLog = await ann.create(fileId, 1, epoch, Uint8Array.of(0));
    await annsLog.append({ update: Uint8Array.of(1) });
    const bensLog = (await ben.open(fileId, 2))?.log;
    await annsLog.append({ update: Uint8Array.of(66) });
    await bensLog?.append({ update: Uint8Array.of(2) });
    await annsLog.append({ update: Uint8Array.of(66) });
    await Promise.all([ann.close(), ben.close()]);
    expect(await reopenUnder(fileId, 2)).toEqual([0, 1, 2]);
  });

  async function reopenUnder(fileId: ReturnType<typeof newFileId>, fence: number): Promise<unknown> {
    const store = await openStore();
    const opened = await store.open(fileId, fence);
    await store.close();
    return opened?.loaded.updates.map((update) => update[0]);
  }
});

test('the sum over a record is CRC-32 by its published check value', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});
