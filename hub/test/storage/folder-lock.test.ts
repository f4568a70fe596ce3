/** One hub a served folder, also when many come at once and when one dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { acquireFolderLock, folderLockHolder } from '../../src/storage/embedded/folder-lock.js';
import { startOf } from '../../src/storage/embedded/process-identity.js';

let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-lock-'));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map(kill));
  await rm(folder, { recursive: true, force: true });
});

const script = fileURLToPath(new URL('../support/hold-folder-lock.ts', import.meta.url));

/** A process that tries for the lock, and holds it until it is killed when it gets it. */
async function contend(): Promise<{ readonly child: ChildProcess; readonly outcome: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')).map(String);
  return { child, outcome: line ?? '' };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

test('a second hub is told who holds the lock and where it is reached', async () => {
  const first = await acquireFolderLock(folder, { url: null });
  if (first.outcome !== 'acquired') throw new Error('an unused folder was locked');
  expect(await acquireFolderLock(folder, { url: null })).toEqual({
    outcome: 'held',
    holder: { pid: process.pid, url: null },
  });
  await first.lock.update({ pid: process.pid, url: 'http://127.0.0.1:8765/' });
  expect(await acquireFolderLock(folder, { url: null })).toEqual({
    outcome: 'held',
    holder: { pid: process.pid, url: 'http://127.0.0.1:8765/' },
  });
  for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  await first.lock.release();
  await first.lock.release();
  expect(await readdir(folder)).toEqual([]);
  expect((await acquireFolderLock(folder, { url: null })).outcome).toBe('acquired');
});

test('of many that come at once in one process, exactly one gets the lock', async () => {
  for (let round = 0; round < 10; round += 1) {
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => acquireFolderLock(folder, { url: null })));
    const winners = outcomes.flatMap((each) => (each.outcome === 'acquired' ? [each.lock] : []));
    expect(winners).toHaveLength(1);
    await Promise.all(winners.map((lock) => lock.release()));
  }
});

test('of processes that come at once to the lock of a dead one, exactly one gets it', async () => {
  const dead = await contend();
  expect(dead.outcome).toBe('acquired');
  await kill(dead.child);
  const contenders = await Promise.all([contend(), contend(), contend(), contend()]);
  const winners = contenders.filter(({ outcome }) => outcome === 'acquired');
  expect(winners).toHaveLength(1);
  const losers = contenders.filter(({ outcome }) => outcome !== 'acquired');
  expect(losers.map(({ outcome }) => outcome)).toEqual(
    losers.map(() => `held ${String(winners[0]?.child.pid)} http://holder/`),
  );
});

test('a lock whose pid now belongs to another process is taken over', async () => {
  const start = await startOf(process.pid);
  expect(start).toMatch(/^\w+$/);
  await writeFile(join(folder, `hub-${String(process.pid)}-1${String(start)}-${crypto.randomUUID()}.lock`), '');
  expect((await acquireFolderLock(folder, { url: null })).outcome).toBe('acquired');
  expect((await readdir(folder)).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
});

test('a process that does not exist has no start', async () => {
  const { child } = await contend();
  const pid = child.pid ?? 0;
  expect(await startOf(pid)).not.toBeNull();
  await kill(child);
  expect(await startOf(pid)).toBeNull();
});

test('who only looks holds up nobody, and sees who holds it', async () => {
  expect(await Promise.all([1, 2, 3].map(() => folderLockHolder(folder)))).toEqual([null, null, null]);
  expect(await readdir(folder)).toEqual([]);
  const held = await acquireFolderLock(folder, { url: 'http://127.0.0.1:1/' });
  if (held.outcome !== 'acquired') throw new Error('an unused folder was locked');
  expect(await folderLockHolder(folder)).toEqual({ pid: process.pid, url: 'http://127.0.0.1:1/' });
  await held.lock.release();
  expect(await folderLockHolder(folder)).toBeNull();
});
