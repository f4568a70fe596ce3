/** A log whose disk is full, and has room again. The handle plays the disk; the file is a real one. */
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AppendLog } from '../../src/storage/embedded/append-log.js';
import { recordContent } from '../../src/storage/embedded/log-content.js';
import { logMagic, scanLog } from '../../src/storage/embedded/log-frame.js';
import { waitUntil } from '../support/wait-until.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-log-'));
  path = join(folder, 'a.log');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

class Disk {
  isFull = false;
  code = 'ENOSPC';
  refused = 0;

  readonly openFile = async (file: string): Promise<FileHandle> => {
    const handle = await open(file, 'a');
    const write = handle.write.bind(handle) as (...args: readonly unknown[]) => Promise<{ bytesWritten: number }>;
    const filled = async (bytes: Uint8Array, from: number, length: number): Promise<{ bytesWritten: number }> => {
      if (!this.isFull) return write(bytes, from, length);
      this.refused += 1;
      // A full disk takes what it still has room for.
      if (this.refused % 2 === 1 && length > 1) return write(bytes, from, Math.floor(length / 2));
      throw Object.assign(new Error(`${this.code}: no space left on device, write`), { code: this.code });
    };
    return Object.assign(handle, { write: filled });
  };
}

async function logOn(disk: Disk, told: boolean[] | null): Promise<AppendLog> {
  const magic = await open(path, 'w');
  await magic.write(logMagic);
  await magic.close();
  const bytes = logMagic.byteLength;
  const log = new AppendLog({ path, fence: 1, lastSeq: -1, bytes, fullRetryMs: 5, openFile: disk.openFile });
  await log.start();
  if (told !== null) log.onFull((isFull) => told.push(isFull));
  return log;
}

const record = (value: number) => recordContent({ update: new Uint8Array(40).fill(value) });
const seqs = async (): Promise<readonly number[]> => scanLog(await readFile(path)).frames.map(({ seq }) => seq);

test.each(['ENOSPC', 'EDQUOT'])(
  '[P27] what finds the disk full (%s) waits, and is there once, in order, when there is room',
  async (code) => {
    const disk = new Disk();
    const told: boolean[] = [];
    const log = await logOn(disk, told);
    await log.append(record(0));
    Object.assign(disk, { isFull: true, code });
    let stored = 0;
    const waiting = [1, 2, 3].map((value) => log.append(record(value)).then(() => (stored += 1)));
    await waitUntil('it was tried again', () => disk.refused > 6);
    waiting.push(log.append(record(4)).then(() => (stored += 1)));
    expect([stored, told, await seqs()]).toEqual([0, [true], [0]]);
    disk.isFull = false;
    await Promise.all(waiting);
    expect(told).toEqual([true, false]);
    expect(await seqs()).toEqual([0, 1, 2, 3, 4]);
    await log.close(new Error('closed'));
  },
);

test('a log that is closed while its disk is full refuses what waits, and leaves the file whole', async () => {
  const disk = new Disk();
  const log = await logOn(disk, []);
  await log.append(record(0));
  disk.isFull = true;
  const waiting = log.append(record(1)).catch((error: unknown) => String(error));
  await waitUntil('it was tried again', () => disk.refused > 4);
  await log.close(new Error('closed'));
  expect(await waiting).toMatch(/could not be written: ENOSPC/);
  expect(scanLog(await readFile(path)).frames).toHaveLength(1);
});

test('a log to which nobody listens yet refuses at once: what is being opened must not hang', async () => {
  const disk = new Disk();
  const log = await logOn(disk, null);
  disk.isFull = true;
  await expect(log.append(record(0))).rejects.toThrow(/ENOSPC/);
  await log.close(new Error('closed'));
});

test('after another failed write every later append is refused with its cause', async () => {
  const disk = new Disk();
  const log = await logOn(disk, []);
  Object.assign(disk, { isFull: true, code: 'EIO' });
  await expect(log.append(record(0))).rejects.toThrow(/EIO/);
  disk.isFull = false;
  await expect(log.append(record(1))).rejects.toThrow(/EIO/);
  await log.close(new Error('closed'));
});
