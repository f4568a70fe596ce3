/** Notebooks that share a kernel, in a real hub with real kernels. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { KernelId, PromptId, RunningKernelView, SOMEBODY } from '@cokernel/proto/hub';
import type { HubEventName } from '@cokernel/proto/hub';
import { RoomProgram, sessionOf } from '../support/room-program.js';
import { hubPlace, kernelsOf, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
const WAIT_FOR_FILE = `import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\nprint('waited')`;

let place: HubPlace;
let hub: TestHub;
let programs: RoomProgram[];

beforeEach(async () => {
  place = await hubPlace();
  programs = [];
  await writeCells(place, 'a.ipynb', 'x = 6 * 7', WAIT_FOR_FILE, 'print("a")', 'y = input("Name? ")');
  await writeCells(place, 'b.ipynb', 'print(x)', 'print("b")', WAIT_FOR_FILE);
}, SLOW_MS);

afterEach(async () => {
  for (const program of programs) program.close();
  await hub.stop();
  await place.remove();
}, SLOW_MS);

async function start(...args: readonly string[]): Promise<void> {
  hub = await startHub(place, args);
}

async function join(notebook: string, name?: string): Promise<RoomProgram> {
  const program = await RoomProgram.join(hub, notebook, name);
  programs.push(program);
  return program;
}

const kernels = (): Promise<readonly RunningKernelView[]> => kernelsOf(hub);

async function onlyKernel(): Promise<RunningKernelView> {
  const [kernel, ...others] = await kernels();
  if (kernel === undefined || others.length > 0) throw new Error(`${String(others.length + 1)} kernels run, not 1`);
  return kernel;
}

const pathsOf = ({ notebooks }: RunningKernelView): string[] => notebooks.map((notebook) => notebook.path);

/** Ann in a.ipynb has a kernel, and Ben in b.ipynb shares it. */
async function sharing() {
  await start();
  const ann = await join('a.ipynb', 'Ann');
  const ben = await join('b.ipynb', 'Ben');
  expect(await ann.ran('c0')).toBe('succeeded');
  const { kernelId } = await onlyKernel();
  await ben.call('useKernel', { kernelId });
  return { ann, ben, kernelId };
}

function lastKernel(program: RoomProgram) {
  return program.told('kernelChanged').at(-1)?.kernel ?? null;
}

const names = (program: RoomProgram): HubEventName[] => program.events.map(({ event }) => event.event);

describe('a kernel that two notebooks share', () => {
  test(
    '[P34] has one memory and one queue, told in both rooms with the notebook of each run, and whose it is in its own alone',
    async () => {
      const { ann, ben, kernelId } = await sharing();
      expect(pathsOf(await onlyKernel())).toEqual(['a.ipynb', 'b.ipynb']);
      await waitUntil('Ann is told of the other', () => lastKernel(ann)?.notebooks.length === 2);
      expect(lastKernel(ben)).toMatchObject({ kernelId, origin: 'started' });
      expect(await ben.ran('c0')).toBe('succeeded');
      expect(ben.output('c0')).toContain('42');
      const { fileId } = await sessionOf(hub, 'b.ipynb');
      await waitUntil('Ann is told of the run', () => ann.told('runFinished').length === 2);
      const run = { target: { kind: 'cell', cellId: 'c0', fileId }, state: 'succeeded' };
      expect(ann.told('runFinished').at(-1)?.run).toMatchObject({ ...run, author: SOMEBODY, sourceHash: '' });
      expect(ben.told('runFinished').at(-1)?.run).toMatchObject({ ...run, author: { name: 'Ben' } });
      await ben.run(['c2']);
      await waitUntil('Ann sees that it runs', () => ann.told('queueChanged').at(-1)?.queue.running !== null);
      const late = await join('a.ipynb');
      for (const seen of [(await late.hello('Cem')).queue, await late.call('queue', {})]) {
        expect(seen.running).toMatchObject({ author: SOMEBODY, sourceHash: '', target: { fileId } });
      }
      const waiting = { runIds: (await ben.run(['c0'])).runs.map(({ run: { runId } }) => runId) };
      await waitUntil('Ann sees that one waits', () => ann.told('queueChanged').at(-1)?.queue.queued.length === 1);
      expect(await ann.ask('cancel', waiting)).toMatchObject({ error: { code: 'forbidden' } });
      expect(await ben.call('cancel', waiting)).toEqual({ cancelled: waiting.runIds });
      await waitUntil('Ann is told of the end', () => ann.told('runFinished').at(-1)?.run.state === 'cancelled');
      expect(ann.told('runFinished').at(-1)?.run.reason).toBeNull();
      expect(JSON.stringify([ann.told('runFinished'), ann.told('queueChanged')])).not.toContain('Ben');
      await writeFile(path.join(place.served, 'go'), '');
      expect(ann.output('c0')).toBe('');
    },
    SLOW_MS,
  );

  test(
    '[P34] asks a question in the notebook of the run alone',
    async () => {
      const { ann, ben } = await sharing();
      const { runs } = await ann.run(['c3']);
      await waitUntil('Ann is asked', () => (ann.told('promptChanged').at(-1)?.prompt ?? null) !== null);
      await waitUntil('Ben sees the run', () => ben.told('queueChanged').at(-1)?.queue.running !== null);
      await ben.flushed();
      expect(ben.told('promptChanged').filter(({ prompt }) => prompt !== null)).toEqual([]);
      const prompt = ann.told('promptChanged').at(-1)?.prompt;
      await ann.call('inputReply', { promptId: PromptId.parse(prompt?.promptId), value: 'Ann' });
      expect(await ann.finished(runs[0]?.run.runId ?? '')).toBe('succeeded');
    },
    SLOW_MS,
  );

  test(
    '[P35] goes on for the other when one leaves, whose waiting runs are withdrawn',
    async () => {
      const { ann, ben } = await sharing();
      const { runs: waiting } = await ann.run(['c1']);
      const { runs: withdrawn } = await ben.run(['c0', 'c1']);
      await ben.call('useKernel', { kernelId: null });
      await waitUntil('they are told as ended', () => ann.told('runFinished').length === 3);
      expect(ann.told('runFinished').slice(1)).toMatchObject(
        withdrawn.map(({ run }) => ({
          run: { runId: run.runId, state: 'cancelled', author: SOMEBODY, reason: null },
        })),
      );
      await writeFile(path.join(place.served, 'go'), '');
      expect(await ann.finished(waiting[0]?.run.runId ?? '')).toBe('succeeded');
      expect(pathsOf(await onlyKernel())).toEqual(['a.ipynb']);
      await waitUntil('Ben has none', () => lastKernel(ben) === null);
      expect(names(ben)).not.toContain('notice');
    },
    SLOW_MS,
  );

  test(
    '[P35] is shut down only when a person has confirmed it for all, who are told then and later',
    async () => {
      const { ann, ben } = await sharing();
      const { runs } = await ann.run(['c1', 'c2']);
      await waitUntil('it runs', () => ben.told('queueChanged').at(-1)?.queue.running !== null);
      expect(await ben.ask('stopKernel', {})).toMatchObject({
        error: { code: 'confirmFirst', details: { notebooks: ['a.ipynb'] } },
      });
      expect(await kernels()).toHaveLength(1);
      await ben.call('stopKernel', { confirmed: true });
      for (const program of [ann, ben]) {
        await waitUntil('the end is told', () => program.told('notice').length === 1);
        expect(program.told('notice').at(-1)).toMatchObject({
          code: 'kernelEnded',
          message: 'The kernel was shut down by Ben. Run a cell to start one.',
        });
        const ended = program.told('runFinished').filter(({ run }) => runs.some((one) => one.run.runId === run.runId));
        expect(ended.map(({ run }) => run.state)).toEqual(['cancelled', 'cancelled']);
        await waitUntil('there is none', () => lastKernel(program) === null);
      }
      expect(await kernels()).toEqual([]);
      const cleo = await join('a.ipynb', 'Cleo');
      await waitUntil('she is told', () => cleo.told('notice').length === 1);
      expect(await cleo.ran('c2')).toBe('succeeded');
      const dora = await join('a.ipynb', 'Dora');
      await dora.flushed();
      expect(dora.told('notice')).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    '[P34] is shared still after the hub was stopped and started',
    async () => {
      const { kernelId } = await sharing();
      await hub.stop('SIGTERM');
      await start();
      expect(await onlyKernel()).toMatchObject({ kernelId, notebooks: [{ path: 'a.ipynb' }, { path: 'b.ipynb' }] });
      const ben = await join('b.ipynb', 'Ben');
      expect(await ben.ran('c0')).toBe('succeeded');
      expect(ben.output('c0')).toContain('42');
      expect(await kernels()).toHaveLength(1);
    },
    SLOW_MS,
  );
});

describe('a kernel of one notebook', () => {
  test(
    '[P35] is ended when its notebook takes another, which tells the end of the run that goes on',
    async () => {
      await start();
      const ann = await join('a.ipynb', 'Ann');
      const { runs } = await ann.run(['c1']);
      const { kernelId } = await onlyKernel();
      await ann.call('startKernel', { specName: 'python3' });
      expect(await ann.finished(runs[0]?.run.runId ?? '')).toBe('cancelled');
      expect((await onlyKernel()).kernelId).not.toBe(kernelId);
      expect(await ann.ask('startKernel', { specName: 'none' })).toMatchObject({ error: { code: 'noSuchKernelSpec' } });
      const none = KernelId.parse('none');
      expect(await ann.ask('useKernel', { kernelId: none })).toMatchObject({ error: { code: 'noSuchKernel' } });
      expect(await ann.ran('c2')).toBe('succeeded');
    },
    SLOW_MS,
  );

  test(
    'tells what its process uses',
    async () => {
      await start();
      const ann = await join('a.ipynb', 'Ann');
      await ann.ran('c0');
      await waitUntil('it was measured', () => ann.told('kernelUsage').length > 0);
      const { kernelId, usage } = await onlyKernel();
      const told = ann.told('kernelUsage').at(-1);
      expect(told).toMatchObject({ kernelId });
      expect(told?.rssBytes).toBeGreaterThan(20_000_000);
      expect(usage?.rssBytes).toBeGreaterThan(20_000_000);
    },
    SLOW_MS,
  );
});

describe('the sessions of the REST API', () => {
  const Session = z.object({ id: z.string(), path: z.string(), kernel: z.object({ id: z.string() }) });
  const post = async (notebook: string, kernel: object) => {
    const body = { path: notebook, name: notebook, type: 'notebook', kernel };
    return Session.parse((await hub.rest('POST', '/api/sessions', body)).json);
  };

  test(
    '[P34] attach a notebook to a kernel by its id, one session a notebook',
    async () => {
      await start();
      const free = RunningKernelView.shape.kernelId.parse(
        z.object({ id: z.string() }).parse((await hub.rest('POST', '/api/kernels', {})).json).id,
      );
      const a = await post('a.ipynb', { id: free });
      const b = await post('b.ipynb', { name: 'python3' });
      expect(a.kernel.id).toBe(free);
      expect(b.kernel.id).not.toBe(free);
      const patched = await hub.rest('PATCH', `/api/sessions/${b.id}`, { kernel: { id: free } });
      expect(Session.parse(patched.json)).toMatchObject({ id: b.id, path: 'b.ipynb', kernel: { id: free } });
      expect(pathsOf(await onlyKernel())).toEqual(['a.ipynb', 'b.ipynb']);
      expect(z.array(Session).parse((await hub.rest('GET', '/api/sessions')).json)).toHaveLength(2);
      for (const { id } of [a, b]) expect((await hub.rest('DELETE', `/api/sessions/${id}`)).status).toBe(204);
      expect((await hub.rest('GET', `/api/sessions/${a.id}`)).status).toBe(404);
      expect(pathsOf(await onlyKernel())).toEqual([]);
      expect((await hub.rest('DELETE', `/api/kernels/${free}`)).status).toBe(204);
      expect(await kernels()).toEqual([]);
      expect((await hub.rest('PATCH', `/api/sessions/${a.id}`, { path: 'z.ipynb' })).status).toBe(404);
    },
    SLOW_MS,
  );
});
