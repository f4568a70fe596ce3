/** Kernels that somebody else started, attached through a hub by their connection files (J14). */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { RunningKernelView } from '@cokernel/proto/hub';
import { ExistingKernelProcess } from '../support/existing-kernel.js';
import { HubsOfATest } from '../support/hubs-of-a-test.js';
import type { RoomProgram } from '../support/room-program.js';
import { kernelsOf, writeCells } from '../support/test-hub.js';
import type { TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;

let all: HubsOfATest;
let theirs: ExistingKernelProcess;

beforeEach(async () => {
  all = await HubsOfATest.make();
  await writeCells(all.place, 'a.ipynb', 'import os\nx = 42\nprint("pid", os.getpid())', 'print("x is", x)');
  theirs = await ExistingKernelProcess.start({ folder: all.place.served, transport: 'tcp' });
}, SLOW_MS);

afterEach(async () => {
  await theirs.end();
  await all.end();
}, SLOW_MS);

const join = (hub: TestHub, name: string): Promise<RoomProgram> => all.join(hub, 'a.ipynb', name);

const adopt = (hub: TestHub, connectionFile = theirs.connectionFile) =>
  hub.rest('POST', '/api/hub/kernels/existing', { connectionFile });

/** Their kernel takes its time to open its ports. */
async function adopted(hub: TestHub): Promise<RunningKernelView> {
  await waitUntil('their kernel is attached', async () => (await adopt(hub)).status === 201);
  return RunningKernelView.parse((await adopt(hub)).json);
}

describe('a kernel that was not started here', () => {
  test(
    '[J14] [P37] is used like any other; neither a stop of the hub nor culling ends it, and the next hub has it again',
    async () => {
      const hub = await all.start('--cull-idle-after', '1s', '--cull-watched');
      const { kernelId, origin, displayName } = await adopted(hub);
      expect({ origin, displayName }).toMatchObject({ origin: 'existing' });
      expect(displayName).toContain(path.basename(theirs.connectionFile));
      const ann = await join(hub, 'Ann');
      await ann.call('useKernel', { kernelId });
      expect(await ann.ran('c0')).toBe('succeeded');
      expect(ann.output('c0')).toContain(`pid ${String(theirs.process.pid)}`);
      // A kernel that is idle for less long is culled: this one had its turn.
      const { id } = z.object({ id: z.string() }).parse((await hub.rest('POST', '/api/kernels', {})).json);
      const isCulled = async () => (await kernelsOf(hub)).every((kernel) => kernel.kernelId !== id);
      await waitUntil('another kernel is culled', isCulled);
      expect((await hub.stop('SIGINT')).stdout).toContain('Stopping the hub and its kernels');
      expect(theirs.hasEnded).toBe(false);
      const next = await all.start();
      expect(await kernelsOf(next)).toMatchObject([{ kernelId, origin: 'existing', notebooks: [{ path: 'a.ipynb' }] }]);
      const ben = await join(next, 'Ben');
      expect(await ben.ran('c1')).toBe('succeeded');
      expect(ben.output('c1')).toContain('x is 42');
    },
    SLOW_MS,
  );

  test(
    '[J14] is not restarted, and ended only when a person confirms it',
    async () => {
      const hub = await all.start();
      const { kernelId } = await adopted(hub);
      const ann = await join(hub, 'Ann');
      await ann.call('useKernel', { kernelId });
      expect(await ann.ask('restart', {})).toMatchObject({ error: { code: 'existingKernel' } });
      expect(await hub.rest('POST', `/api/kernels/${kernelId}/restart`)).toMatchObject({
        status: 409,
        json: { reason: 'existingKernel' },
      });
      expect(await ann.ask('stopKernel', {})).toMatchObject({ error: { code: 'confirmFirst' } });
      expect((await hub.rest('DELETE', `/api/kernels/${kernelId}`)).status).toBe(409);
      // Leaving it for another ends nothing.
      await ann.call('startKernel', { specName: 'python3' });
      expect((await kernelsOf(hub)).map((kernel) => kernel.kernelId)).toContain(kernelId);
      expect(theirs.hasEnded).toBe(false);
      await ann.call('useKernel', { kernelId });
      expect(await kernelsOf(hub)).toHaveLength(1);
      await ann.call('stopKernel', { confirmed: true });
      await waitUntil('it has ended', () => theirs.hasEnded);
      expect(await kernelsOf(hub)).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    '[J14] whose file can not be used is refused with the name of the file, and nothing of it told',
    async () => {
      const hub = await all.start();
      const broken = path.join(all.place.served, 'broken.json');
      await writeFile(broken, '{"key": "a secret"');
      for (const file of [broken, path.join(all.place.served, 'missing.json')]) {
        const { status, json } = await adopt(hub, file);
        expect(status).toBe(500);
        expect(JSON.stringify(json)).toContain(path.basename(file));
        expect(JSON.stringify(json)).not.toContain('a secret');
      }
      expect((await adopt(hub, 'kernel-1.json')).status).toBe(400);
      expect(await kernelsOf(hub)).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    '[J14] that dies is told as dead, and not started again',
    async () => {
      const hub = await all.start();
      const { kernelId } = await adopted(hub);
      const ann = await join(hub, 'Ann');
      await ann.call('useKernel', { kernelId });
      expect(await ann.ran('c0')).toBe('succeeded');
      await theirs.end();
      await waitUntil('it is told', () => ann.told('kernelChanged').at(-1)?.kernel?.status === 'dead');
      await ann.call('useKernel', { kernelId: null });
      expect(await kernelsOf(hub)).toEqual([]);
    },
    SLOW_MS,
  );
});
