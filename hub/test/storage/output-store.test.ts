/** The outputs on the disk: the contract, and what becomes of them when power is cut or a file is damaged. */
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type ContentHash, FileId, TextId } from '@cokernel/proto/hub';
import type { StoreNotice } from '../../src/storage/embedded/notice.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { outputStoreContract } from '../contracts/output-store-contract.js';

let folder: string;
let notices: StoreNotice[];
let now: () => Date;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-outputs-'));
  notices = [];
  now = () => new Date();
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function openStore(rewriteFromBytes?: number): Promise<FileOutputStore> {
  const store = new FileOutputStore({
    folder,
    onNotice: (notice) => notices.push(notice),
    now: () => now(),
    ...(rewriteFromBytes === undefined ? {} : { rewriteFromBytes }),
  });
  await store.start();
  return store;
}

outputStoreContract(() => openStore());

const log = { fileId: FileId.parse('n'), holder: 'log' };
const LATER = new Date(Date.now() + 365 * 24 * 3_600_000);
const referencesFile = (): string => join(folder, 'references.log');
const fileOf = (hash: ContentHash): string => join(folder, hash.slice(0, 2), hash);

/** Two outputs, each referred to by a call of its own. */
async function putTwo(): Promise<readonly [ContentHash, ContentHash]> {
  const store = await openStore();
  const first = await store.put(Buffer.from('first'));
  const second = await store.put(Buffer.from('second'));
  await store.refer(log, [first]);
  await store.refer(log, [second]);
  await store.close();
  return [first, second];
}

async function referredAfterReopening(hashes: readonly ContentHash[]): Promise<readonly boolean[]> {
  const store = await openStore();
  const referred = await Promise.all(hashes.map((hash) => store.isReferred(log.fileId, hash)));
  await store.close();
  return referred;
}

test('all that is kept is the owner’s alone, and of what was never finished nothing stays', async () => {
  const [first] = await putTwo();
  await writeFile(join(folder, 'drafts', 'half'), 'half an out');
  const store = await openStore();
  expect(await readdir(join(folder, 'drafts'))).toEqual([]);
  const text = await store.grow(TextId.parse('t'), 0);
  const paths = [
    fileOf(first),
    referencesFile(),
    join(folder, 'texts', text.id),
    join(fileOf(first), '..'),
    join(folder, 'texts'),
  ];
  for (const path of paths) expect((await stat(path)).mode & 0o077).toBe(0);
  await store.close();
});

test('an output whose file is not as long as it should be is put anew', async () => {
  const [first] = await putTwo();
  await truncate(fileOf(first), 2);
  const store = await openStore();
  await store.put(Buffer.from('first'));
  expect(await readFile(fileOf(first), 'utf8')).toBe('first');
  await store.close();
});

test('references that a crash left half written are cut off, and those before them hold', async () => {
  const hashes = await putTwo();
  const { size } = await stat(referencesFile());
  await truncate(referencesFile(), size - 3);
  expect(await referredAfterReopening(hashes)).toEqual([true, false]);
  await appendFile(referencesFile(), 'no frame');
  expect(await referredAfterReopening(hashes)).toEqual([true, false]);
  const store = await openStore();
  await store.refer(log, [hashes[1]]);
  await store.close();
  expect(await referredAfterReopening(hashes)).toEqual([true, true]);
  expect(notices).toEqual([]);
});

test('references that were damaged are put aside with a notice, and no output goes for it', async () => {
  const hashes = await putTwo();
  const file = await readFile(referencesFile());
  // In the last but one: whole frames follow.
  const at = file.indexOf('"add":["') + 10;
  file.writeUInt8(file.readUInt8(at) ^ 1, at);
  await writeFile(referencesFile(), file);
  const before = new Date();
  expect(await referredAfterReopening(hashes)).toEqual([false, false]);
  expect(notices).toMatchObject([{ code: 'outputReferences', level: 'warning' }]);
  expect((await readdir(folder)).filter((name) => name.startsWith('references.log.damaged-'))).toHaveLength(1);
  const store = await openStore();
  expect(await store.sweep(before)).toEqual({ removed: 0, bytes: 0 });
  expect((await store.sweep(LATER)).removed).toBe(2);
  await store.close();
});

test('outputs whose references are gone stay for their time', async () => {
  const hashes = await putTwo();
  const before = new Date();
  await rm(referencesFile());
  const store = await openStore();
  expect(await store.sweep(before)).toEqual({ removed: 0, bytes: 0 });
  for (const hash of hashes) expect(await store.get(hash)).not.toBeNull();
  await store.close();
});

test('what was let go lately stays, however old its file is', async () => {
  const longAgo = new Date('2001-01-01');
  now = () => longAgo;
  const [first, second] = await putTwo();
  for (const hash of [first, second]) await utimes(fileOf(hash), longAgo, longAgo);
  now = () => new Date();
  const lately = new Date(Date.now() - 60_000);
  const store = await openStore();
  await store.setReferences(log, [second]);
  expect(await store.sweep(lately)).toEqual({ removed: 0, bytes: 0 });
  expect(await store.sweep(LATER)).toEqual({ removed: 1, bytes: 'first'.length });
  await store.close();
});

test('what is told while the references are written anew is there too', async () => {
  const names = (turn: number) => ['a', 'b', 'c'].map((each) => TextId.parse(`${each}-${String(turn)}`));
  for (let turn = 0; turn < 25; turn += 1) {
    const store = await openStore(1);
    await Promise.all(names(turn).map((name) => store.refer(log, [name])));
    await store.close();
    const again = await openStore();
    for (const name of names(turn)) expect(await again.isReferred(log.fileId, name)).toBe(true);
    await again.close();
  }
});

test('[X4] what notebooks let go again and again does not make the references long', async () => {
  const store = await openStore(2_000);
  const names = (kind: string) => Array.from({ length: 10 }, (_, n) => TextId.parse(`${kind}-${String(n)}`));
  for (let turn = 0; turn < 100; turn += 1) {
    // Some come while the file is written anew.
    const turns = ['even', 'odd'].map((kind) => store.setReferences(log, names(`${kind}-${String(turn % 3)}`)));
    await Promise.all([...turns, store.refer({ ...log, holder: 'version:1' }, names(String(turn % 7)))]);
  }
  expect((await stat(referencesFile())).size).toBeLessThan(30_000);
  await store.close();
  const again = await openStore();
  for (const kept of ['odd-0', 'odd-2', 'even-1', '6'])
    expect(await again.isReferred(log.fileId, names(kept)[9]!)).toBe(true);
  await again.sweep(LATER);
  for (const kept of ['odd-0', '6']) expect(await again.isReferred(log.fileId, names(kept)[9]!)).toBe(true);
  for (const gone of ['odd-2', 'even-0']) expect(await again.isReferred(log.fileId, names(gone)[9]!)).toBe(false);
  await again.close();
});

test('what the disk did not take is told, and written when it takes something again', async () => {
  const store = await openStore(1);
  const names = Array.from({ length: 40 }, (_, n) => TextId.parse(`name-${String(n)}`));
  // In the way of the file that is written in the place of the old one.
  await mkdir(`${referencesFile()}.new`);
  let refused = 0;
  for (const name of names) await store.refer(log, [name]).catch(() => (refused += 1));
  expect(refused).toBeGreaterThan(0);
  await rm(`${referencesFile()}.new`, { recursive: true });
  await store.refer(log, [TextId.parse('one-more')]);
  await store.close();
  const again = await openStore();
  for (const name of names) expect(await again.isReferred(log.fileId, name)).toBe(true);
  await again.close();
});
