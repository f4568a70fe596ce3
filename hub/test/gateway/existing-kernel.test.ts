/** Kernels that somebody else started, attached through a hub by their connection files (J14). */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { RunningKernelView } from '@cokernel/proto/hub';
import { ExistingKernelProcess } from '../support/existing-kernel.js';
import { RoomProgram } from '../support/room-program.js';
import { hubPlace, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;

let place: HubPlace;
let theirs: ExistingKernelProcess;
let hubs: TestHub[];
let programs: RoomProgram[];

beforeEach(async () => {
  place = await hubPlace();
  [hubs, programs] = [[], []];
  await writeCells(place, 'a.ipynb', 'import os\nx = 42\nprint("pid", os.getpid())', 'print("x is", x)');
  theirs = await ExistingKernelProcess.start({ folder: place.served, transport: 'tcp' });
}, SLOW_MS);

afterEach(async () => {
  for (const program of programs) program.close();
  for (const hub of hubs) await hub.stop();
  await theirs.end();
  await place.remove();
}, SLOW_MS);

async function start(...args: readonly string[]): Promise<TestHub> {
  const hub = await startHub(place, args);
  hubs.push(hub);
  return hub;
}

async function join(hub: TestHub, name: string): Promise<RoomProgram> {
  const program = await RoomProgram.join(hub, 'a.ipynb', name);
  programs.push(program);
  return program;
}

async function kernels(hub: TestHub): Promise<readonly RunningKernelView[]> {
  return z.array(RunningKernelView).parse((await hub.rest('GET', '/api/hub/kernels')).json);
}

const adopt = (hub: TestHub, connectionFile = theirs.connectionFile) =>
  hub.rest('POST', '/api/hub/kernels/existing', { connectionFile });

/** Their kernel takes its time to open its ports. */
async function adopted(hub: TestHub): Promise<RunningKernelView> {
  await waitUntil('their kernel is attached', async () => (await adopt(hub)).status === 201);
  return RunningKernelView.parse((await adopt(hub)).json);
}

async function ran(program: RoomProgram, cellId: string): Promise<string> {
  const { runs } = await program.run([cellId]);
  return program.finished(runs[0]?.run.runId ?? '');
}

describe('a kernel that was not started here', () => {
  test(
    '[J14] [P37] is used like any other; neither a stop of the hub nor culling ends it, and the next hub has it again',
    async () => {
      const hub = await start('--cull-idle-after', '1s', '--cull-watched');
      const { kernelId, origin, displayName } = await adopted(hub);
      expect({ origin, displayName }).toMatchObject({ origin: 'existing' });
      expect(displayName).toContain(path.basename(theirs.connectionFile));
      const ann = await join(hub, 'Ann');
      await ann.call('useKernel', { kernelId });
      expect(await ran(ann, 'c0')).toBe('succeeded');
      expect(ann.output('c0')).toContain(`pid ${String(theirs.process.pid)}`);
      // A kernel that is idle for less long is culled: this one had its turn.
      const { id } = z.object({ id: z.string() }).parse((await hub.rest('POST', '/api/kernels', {})).json);
      const isCulled = async () => (await kernels(hub)).every((kernel) => kernel.kernelId !== id);
      await waitUntil('another kernel is culled', isCulled);
      expect((await hub.stop('SIGINT')).stdout).toContain('Stopping the hub and its kernels');
      expect(theirs.hasEnded).toBe(false);
      const next = await start();
      expect(await kernels(next)).toMatchObject([{ kernelId, origin: 'existing', notebooks: [{ path: 'a.ipynb' }] }]);
      const ben = await join(next, 'Ben');
      expect(await ran(ben, 'c1')).toBe('succeeded');
      expect(ben.output('c1')).toContain('x is 42');
    },
    SLOW_MS,
  );

  test(
    '[J14] is not restarted, and ended only when a person confirms it',
    async () => {
      const hub = await start();
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
      expect((await kernels(hub)).map((kernel) => kernel.kernelId)).toContain(kernelId);
      expect(theirs.hasEnded).toBe(false);
      await ann.call('useKernel', { kernelId });
      expect(await kernels(hub)).toHaveLength(1);
      await ann.call('stopKernel', { confirmed: true });
      await waitUntil('it has ended', () => theirs.hasEnded);
      expect(await kernels(hub)).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    '[J14] whose file can not be used is refused with the name of the file, and nothing of it told',
    async () => {
      const hub = await start();
      const broken = path.join(place.served, 'broken.json');
      await writeFile(broken, '{"key": "a secret"');
      for (const file of [broken, path.join(place.served, 'missing.json')]) {
        const { status, json } = await adopt(hub, file);
        expect(status).toBe(500);
        expect(JSON.stringify(json)).toContain(path.basename(file));
        expect(JSON.stringify(json)).not.toContain('a secret');
      }
      expect((await adopt(hub, 'kernel-1.json')).status).toBe(400);
      expect(await kernels(hub)).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    '[J14] that dies is told as dead, and not started again',
    async () => {
      const hub = await start();
      const { kernelId } = await adopted(hub);
      const ann = await join(hub, 'Ann');
      await ann.call('useKernel', { kernelId });
      expect(await ran(ann, 'c0')).toBe('succeeded');
      await theirs.end();
      await waitUntil('it is told', () => ann.told('kernelChanged').at(-1)?.kernel?.status === 'dead');
      await ann.call('useKernel', { kernelId: null });
      expect(await kernels(hub)).toEqual([]);
    },
    SLOW_MS,
  );
});
