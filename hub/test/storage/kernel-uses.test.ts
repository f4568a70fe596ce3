/** Which kernel each notebook uses, as it lies on disk. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EmbeddedKernelUses } from '../../src/storage/embedded/kernel-uses.js';
import type { StoreNotice } from '../../src/storage/embedded/notice.js';
import { newFileId, newKernelId } from '../support/queued-run.js';

let folder: string;
let notices: StoreNotice[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-uses-'));
  notices = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function opened(): Promise<EmbeddedKernelUses> {
  const path = join(folder, 'kernel-uses.json');
  const uses = new EmbeddedKernelUses({ path, onNotice: (notice) => notices.push(notice) });
  await uses.start();
  return uses;
}

describe('the kernels that notebooks use', () => {
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

  test('begin anew when the file can not be read, which is put aside with a notice', async () => {
    await writeFile(join(folder, 'kernel-uses.json'), '{"version":1,"us');
    const uses = await opened();
    expect(notices).toMatchObject([{ code: 'kernelUsesRebuilt', level: 'error' }]);
    await uses.set([a], { kernelId, endedBecause: null });
    expect(await readFile(join(folder, 'kernel-uses.json'), 'utf8')).toContain(kernelId);
    expect((await readdir(folder)).filter((name) => name.includes('damaged'))).toHaveLength(1);
  });
});
