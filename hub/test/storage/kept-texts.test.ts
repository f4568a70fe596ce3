/** What a hub keeps as one text, which notebook is which and who uses which kernel: in a file of its own, or in Redis for hubs that serve one folder. */
import { mkdtemp, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FolderId } from '@cokernel/proto/hub';
import { LeaseEnded } from '../../src/right.js';
import type { StoreNotice } from '../../src/storage/embedded/notice.js';
import { KeptFile } from '../../src/storage/kept/kept-file.js';
import { KeptFileIndex } from '../../src/storage/kept/kept-file-index.js';
import { KeptKernelUses } from '../../src/storage/kept/kept-kernel-uses.js';
import type { KeptText } from '../../src/storage/kept/kept-text.js';
import type { RedisStore } from '../../src/storage/redis/open-redis-store.js';
import { openRedis } from '../support/open-redis.js';
import { newFileId, newFolderId, newHubId, newKernelId } from '../support/queued-run.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';

let server: RedisServer;
let redis: RedisStore;
let folder: string;
let folderId: FolderId;
let notices: StoreNotice[];
beforeAll(async () => {
  server = await startRedisServer();
  redis = await openRedis(server.url);
});
afterAll(async () => {
  await redis.close();
  await server.remove();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-kept-'));
  folderId = newFolderId();
  notices = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const inFile = (name: string): KeptText => new KeptFile(join(folder, name));
const inRedis = (name: string, fence = 1): KeptText => redis.keptText(folderId, fence, name);
const onNotice = (notice: StoreNotice): number => notices.push(notice);

async function fileIndex(text: KeptText): Promise<KeptFileIndex> {
  const index = new KeptFileIndex({ text, onNotice });
  await index.start();
  return index;
}

async function kernelUses(text: KeptText): Promise<KeptKernelUses> {
  const uses = new KeptKernelUses({ text, onNotice });
  await uses.start();
  return uses;
}

describe.each([
  ['a file', inFile],
  ['Redis', inRedis],
])('the file index in %s', (_, place) => {
  const opened = (): Promise<KeptFileIndex> => fileIndex(place('index'));

  test('[X22] a file has one id, whoever asks and however often, also after a restart', async () => {
    const index = await opened();
    const ids = await Promise.all(['a.ipynb', 'a.ipynb', 'b/c.ipynb', 'a.ipynb'].map((path) => index.idOf(path)));
    expect(ids[1]).toBe(ids[0]);
    expect(ids[3]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    const again = await opened();
    expect(await again.idOf('a.ipynb')).toBe(ids[0]);
    expect(again.pathOf(ids[2] ?? newFileId())).toBe('b/c.ipynb');
  });

  test('an id that was given is stored', async () => {
    const index = await opened();
    const ids = await Promise.all(Array.from({ length: 20 }, (_unused, n) => index.idOf(`${String(n)}.ipynb`)));
    const text = await place('index').read();
    for (const id of ids) expect(text).toContain(id);
  });

  test('[X22] a file that moved keeps its id, and a new file at its old place gets another', async () => {
    const index = await opened();
    const id = await index.idOf('old.ipynb');
    const overwritten = await index.idOf('new.ipynb');
    await index.moved(id, 'new.ipynb');
    expect(index.pathOf(id)).toBe('new.ipynb');
    expect(index.pathOf(overwritten)).toBeNull();
    expect(await index.idOf('old.ipynb')).not.toBe(id);
    expect(await index.idOf('new.ipynb')).toBe(id);
    expect(index.pathOf(newFileId())).toBeNull();
  });

  test('documents are found by their place, and those of a folder together', async () => {
    const index = await opened();
    const [one, two] = [await index.idOf('a/one.ipynb'), await index.idOf('a/b/two.ipynb')];
    await index.idOf('ab.ipynb');
    expect(index.idAt('a/one.ipynb')).toBe(one);
    expect(index.idAt('a/none.ipynb')).toBeNull();
    expect(index.below('a')).toEqual([
      { fileId: one, path: 'a/one.ipynb' },
      { fileId: two, path: 'a/b/two.ipynb' },
    ]);
  });

  test('an index that can not be read is put aside and begun anew, with a notice', async () => {
    await place('index').write('{"version":1,"files":[{"fi');
    const index = await opened();
    expect(notices).toMatchObject([{ code: 'fileIndexRebuilt', level: 'error' }]);
    expect(notices[0]?.message).toContain('index.damaged-');
    await index.idOf('a.ipynb');
    await opened();
    expect(notices).toHaveLength(1);
  });
});

test('a place that could not be kept is kept when it is asked for again', async () => {
  const path = join(folder, 'index');
  const index = await fileIndex(inFile('index'));
  await mkdir(path);
  await expect(index.idOf('a.ipynb')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  await rmdir(path);
  const id = await index.idOf('a.ipynb');
  expect(await readFile(path, 'utf8')).toContain(id);
});

describe.each([
  ['a file', inFile],
  ['Redis', inRedis],
])('the kernels that notebooks use, in %s', (_, place) => {
  const opened = (): Promise<KeptKernelUses> => kernelUses(place('uses'));
  const [kernelId, other] = [newKernelId(), newKernelId()];
  const [a, b, c] = [newFileId('a'), newFileId('b'), newFileId('c')];

  test('[P34] are found from both sides, also after a restart', async () => {
    const before = await opened();
    await Promise.all([
      before.set([a], { kernelId, endedBecause: null }),
      before.set([b], { kernelId, endedBecause: null }),
      before.set([c], { kernelId: other, endedBecause: null }),
    ]);
    const uses = await opened();
    expect(uses.of(b)).toEqual({ kernelId, endedBecause: null });
    expect([...uses.notebooksOf(kernelId)].sort()).toEqual([a, b]);
    expect(uses.notebooksOf(other)).toEqual([c]);
  });

  test('a notebook that uses none is told apart from one of which nothing was said', async () => {
    const before = await opened();
    await before.set([a, b], { kernelId, endedBecause: null });
    await before.set([a, b], { kernelId: null, endedBecause: 'it was idle' });
    const uses = await opened();
    expect(uses.of(a)).toEqual({ kernelId: null, endedBecause: 'it was idle' });
    expect(uses.of(c)).toBeNull();
    expect(uses.notebooksOf(kernelId)).toEqual([]);
  });

  test('begin anew when they can not be read, which is put aside with a notice', async () => {
    await place('uses').write('{"version":1,"us');
    const uses = await opened();
    expect(notices).toMatchObject([{ code: 'kernelUsesRebuilt', level: 'error' }]);
    await uses.set([a], { kernelId, endedBecause: null });
    expect(await place('uses').read()).toContain(kernelId);
    expect(notices[0]?.message).toContain('uses.damaged-');
  });
});

describe('of hubs that serve one folder', () => {
  test('who does not lead any more writes nothing, from the claim of the next one on', async () => {
    const subject = { kind: 'folder', id: folderId } as const;
    await redis.leases.claim(subject, newHubId(), 0, 0);
    const former = await fileIndex(inRedis('index', 1));
    const id = await former.idOf('a.ipynb');
    expect(await redis.leases.claim(subject, newHubId(), 60_000, 0)).toMatchObject({ fence: 2 });
    await expect(former.idOf('b.ipynb')).rejects.toThrow(LeaseEnded);
    await expect(inRedis('index', 1).putAside()).rejects.toThrow('another does under 2');
    const next = await fileIndex(inRedis('index', 2));
    expect(next.all().map(({ path }) => path)).toEqual(['a.ipynb']);
    await next.moved(id, 'c.ipynb');
    expect((await fileIndex(inRedis('index', 2))).pathOf(id)).toBe('c.ipynb');
  });

  test('the texts of one folder are not those of another', async () => {
    await inRedis('index').write('of one');
    expect(await redis.keptText(newFolderId(), 1, 'index').read()).toBeNull();
    expect(await inRedis('uses').read()).toBeNull();
  });
});
