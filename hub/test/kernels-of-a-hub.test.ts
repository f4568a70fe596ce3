/** The kernels of a hub process: limits, culling, and what becomes of them when it stops. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { HubsOfATest } from './support/hubs-of-a-test.js';
import { hubEnds, kernelsOf, writeCells } from './support/test-hub.js';
import type { TestHub } from './support/test-hub.js';
import { waitUntil } from './support/wait-until.js';

const SLOW_MS = 120_000;
const WAIT_FOR_FILE = `import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\nprint('waited')`;

let all: HubsOfATest;

beforeEach(async () => {
  all = await HubsOfATest.make();
  await writeCells(all.place, 'a.ipynb', 'x = 42', WAIT_FOR_FILE, 'print(x)');
  await writeCells(all.place, 'b.ipynb', 'print("b")');
}, SLOW_MS);

afterEach(() => all.end(), SLOW_MS);

/** A kernel with 42 in its memory that works on a run of Ann, behind which another waits. */
async function occupied(hub: TestHub) {
  const ann = await all.join(hub, 'a.ipynb', 'Ann');
  expect(await ann.ran('c0')).toBe('succeeded');
  const { runs } = await ann.run(['c1', 'c2']);
  const first = runs[0]?.run.runId ?? '';
  await waitUntil('it runs', () => ann.told('queueChanged').at(-1)?.queue.running?.runId === first);
  const [kernel] = await kernelsOf(hub);
  return { ann, runs, kernelId: kernel?.kernelId };
}

/** A kernel that nobody uses, idle for less long than those before it, is gone: the others had their turn. */
async function laterOneIsCulled(hub: TestHub): Promise<void> {
  const { id } = z.object({ id: z.string() }).parse((await hub.rest('POST', '/api/kernels', {})).json);
  const isGone = async (): Promise<boolean> => (await kernelsOf(hub)).every(({ kernelId }) => kernelId !== id);
  await waitUntil('a kernel that nobody uses is ended', isGone);
}

const NAMED = "Ann's run in a.ipynb: import os, time (and 1 that waits)";

describe('limits', () => {
  test(
    '[P36] refuse one more kernel and end none by it; sharing and leaving help',
    async () => {
      const hub = await all.start('--max-kernels-per-person', '1', '--max-kernels', '2');
      const ann = await all.join(hub, 'a.ipynb', 'Ann');
      const annInB = await all.join(hub, 'b.ipynb', 'Ann');
      expect(await ann.ran('c0')).toBe('succeeded');
      const refused = await annInB.ask('startKernel', { specName: 'python3' });
      expect(refused).toMatchObject({ error: { code: 'tooManyKernels' } });
      expect(JSON.stringify(refused)).toContain('of a.ipynb');
      await expect(annInB.run(['c0'])).rejects.toThrow('tooManyKernels');
      const [first] = await kernelsOf(hub);
      // In place of the own one another may start.
      await ann.call('startKernel', { specName: 'python3' });
      const [second, ...others] = await kernelsOf(hub);
      expect(others).toEqual([]);
      expect(second?.kernelId).not.toBe(first?.kernelId);
      if (second === undefined) throw new Error('there is no kernel');
      await annInB.call('useKernel', { kernelId: second.kernelId });
      expect(await annInB.ran('c0')).toBe('succeeded');
      expect((await hub.rest('POST', '/api/kernels', {})).status).toBe(201);
      const full = await hub.rest('POST', '/api/kernels', {});
      expect([full.status, full.json]).toMatchObject([429, { reason: 'tooManyKernels' }]);
    },
    SLOW_MS,
  );
});

describe('culling', () => {
  test(
    '[P37] ends a kernel that is idle and alone, and tells who comes later',
    async () => {
      const hub = await all.start('--cull-idle-after', '2s');
      const ann = await all.join(hub, 'a.ipynb', 'Ann');
      await ann.run(['c0', 'c1']);
      const [used] = await kernelsOf(hub);
      // A run that goes on keeps its kernel, whether or not anybody is there.
      ann.close();
      await laterOneIsCulled(hub);
      expect(await kernelsOf(hub)).toMatchObject([{ kernelId: used?.kernelId, status: 'busy' }]);
      await writeFile(path.join(all.place.served, 'go'), '');
      await waitUntil('it is idle and ended', async () => (await kernelsOf(hub)).length === 0);
      const ben = await all.join(hub, 'a.ipynb', 'Ben');
      await waitUntil('he is told', () => ben.told('notice').length > 0);
      expect(ben.told('notice').map(({ code }) => code)).toEqual(['kernelEnded']);
      expect(ben.told('notice')[0]?.message).toContain('idle for 2 seconds');
      expect(ben.output('c1')).toContain('waited');
      expect(hub.stderr()).toContain('an idle kernel is shut down');
    },
    SLOW_MS,
  );

  test(
    '[P37] leaves a kernel alone whose notebook somebody has open, unless told otherwise',
    async () => {
      const kept = await all.start('--cull-idle-after', '1s');
      const ann = await all.join(kept, 'a.ipynb', 'Ann');
      expect(await ann.ran('c0')).toBe('succeeded');
      await laterOneIsCulled(kept);
      expect(await kernelsOf(kept)).toHaveLength(1);
      await kept.stop('SIGTERM');
      const culling = await all.start('--cull-idle-after', '1s', '--cull-watched');
      const ben = await all.join(culling, 'a.ipynb', 'Ben');
      await waitUntil('it is ended', async () => (await kernelsOf(culling)).length === 0);
      await waitUntil('he is told', () => ben.told('notice').some(({ code }) => code === 'kernelEnded'));
    },
    SLOW_MS,
  );
});

describe('a hub that stops', () => {
  test(
    'by Ctrl-C names the runs that end with its kernels, and ends them',
    async () => {
      const hub = await all.start();
      await occupied(hub);
      const { stdout, code } = await hub.stop('SIGINT');
      expect(code).toBe(0);
      expect(stdout).toContain(`Stopping the hub and its kernels`);
      expect(stdout).toContain(`Ends ${NAMED}`);
      expect(await kernelsOf(await all.start())).toEqual([]);
    },
    SLOW_MS,
  );

  test.each([
    ['SIGTERM', 'SIGTERM', []],
    ['Ctrl-C that was told to keep its kernels', 'SIGINT', ['--keep-kernels']],
  ] as const)(
    '[X19] by %s leaves its kernels for the next hub, with what is in memory',
    async (_title, signal, args) => {
      const hub = await all.start(...args);
      const { kernelId } = await occupied(hub);
      const { stdout } = await hub.stop(signal);
      expect(stdout).toContain('1 kernel goes on, for the next hub of this folder.');
      expect(stdout).not.toContain('Ends ');
      await writeFile(path.join(all.place.served, 'go'), '');
      const next = await all.start();
      expect(await kernelsOf(next)).toMatchObject([{ kernelId, notebooks: [{ path: 'a.ipynb' }] }]);
      const ann = await all.join(next, 'a.ipynb', 'Ann');
      await ann.call('goOn', {});
      expect(await ann.ran('c2')).toBe('succeeded');
      expect(ann.output('c2')).toContain('42');
    },
    SLOW_MS,
  );

  test(
    'by SIGTERM ends its kernels when it was told to stop them, and names their runs',
    async () => {
      const hub = await all.start('--stop-kernels');
      await occupied(hub);
      const { stdout } = await hub.stop('SIGTERM');
      expect(stdout).toContain(`Ends ${NAMED}`);
      expect(await kernelsOf(await all.start())).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    'by request answers with the runs that end, and with none when the kernels are kept',
    async () => {
      const first = await all.start('--keep-kernels');
      const { kernelId } = await occupied(first);
      expect(await first.rest('POST', '/api/hub/stop')).toMatchObject({
        status: 202,
        json: { kernels: 'keep', runs: [] },
      });
      await hubEnds(first);
      const second = await all.start();
      expect(await kernelsOf(second)).toMatchObject([{ kernelId }]);
      const ann = await all.join(second, 'b.ipynb', 'Ben');
      await ann.call('startKernel', { specName: 'python3' });
      const stopped = await second.rest('POST', '/api/hub/stop', { kernels: 'stop' });
      expect(stopped.json).toMatchObject({ kernels: 'stop' });
      await hubEnds(second);
      expect(await kernelsOf(await all.start())).toEqual([]);
    },
    SLOW_MS,
  );
});
