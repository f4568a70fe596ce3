/** Kernels that do not start: everybody in the room is told why, with the kernel's own last words, and the hub works on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HubClient } from '@cokernel/core';
import type { HubEvent } from '@cokernel/proto/hub';
import { makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { startHub, type HubProcess } from '../end-to-end/support/hub-process.js';
import { pythonKernelspec } from '../end-to-end/support/kernelspecs.js';
import { makeScratch, type Scratch } from '../end-to-end/support/scratch.js';
import { until } from '../end-to-end/support/until.js';
import { writeKernelspec } from './support/kernelspecs.js';
import { joinNotebook, type NotebookUser } from './support/notebook-user.js';

const lastWords = 'the license server does not answer';
const ends = (code: string): string[] => [process.execPath, '-e', code, '{connection_file}'];

const unstartable = [
  {
    name: 'no-such-program',
    argv: ['/nowhere/to/be/found', '{connection_file}'],
    told: /nowhere.*not found.*install it/,
  },
  { name: 'not-a-program', argv: [import.meta.dirname, '{connection_file}'], told: /may not be executed/ },
] as const;

const failing = [
  { name: 'ends-with-an-error', argv: ends(`console.error('${lastWords}'); process.exit(3)`), told: lastWords },
  { name: 'ends-by-a-signal', argv: ends(`console.error('${lastWords}'); process.kill(process.pid)`), told: lastWords },
  { name: 'ends-well-at-once', argv: ends(`console.error('${lastWords}')`), told: lastWords },
] as const;

let scratch: Scratch;
let hub: HubProcess;
let served: string;

beforeAll(async () => {
  scratch = makeScratch();
  const kernelspecs = pythonKernelspec(scratch);
  for (const { name, argv } of [...unstartable, ...failing]) writeKernelspec(kernelspecs, name, { argv });
  writeKernelspec(kernelspecs, 'names-no-program', { argv: [] });
  served = scratch.make('served');
  for (const { name } of [...unstartable, ...failing])
    writeFileSync(join(served, `${name}.ipynb`), writeNotebook(makeNotebook([])));
  hub = await startHub(scratch, { served, kernelspecs });
});

afterAll(() => scratch.end());

const join2 = (name: string): Promise<readonly [NotebookUser, NotebookUser]> =>
  Promise.all([joinNotebook(scratch, hub, `${name}.ipynb`), joinNotebook(scratch, hub, `${name}.ipynb`)]);

async function nextStarts(ann: NotebookUser, ben: NotebookUser): Promise<void> {
  await ben.room.call('startKernel', { specName: 'python3' });
  await ann.sees('the next kernel', (state) => state.kernel?.status === 'idle');
}

test.each(unstartable)(
  '[X20] a program that can’t be started is refused to who asks and told to all in the room: $name',
  async ({ name, told }) => {
    const [ann, ben] = await join2(name);
    const heard: HubEvent[] = [];
    ben.room.onEvent((event) => heard.push(event));
    const refused = { code: 'kernelFailed', message: expect.stringMatching(told) };
    await expect(ann.room.call('startKernel', { specName: name })).rejects.toMatchObject(refused);
    const notice = { event: 'notice', level: 'error', code: 'kernelFailed', message: expect.stringMatching(told) };
    await until('the notice', () => heard.some(({ event }) => event === 'notice'));
    expect(heard).toContainEqual(notice);
    await nextStarts(ann, ben);
  },
);

describe.each(failing)('a kernel that $name', ({ name, told }) => {
  test('[J9] [X20] is told to all in the room as failed, with its last words, and the next one starts', async () => {
    const [ann, ben] = await join2(name);
    const asked = ann.room.call('startKernel', { specName: name }).catch((error: unknown) => error);
    for (const { sees } of [ann, ben]) {
      const { kernel } = await sees('the failure', (state) => state.kernel?.status === 'failed');
      expect(kernel?.reason).toMatch(told);
    }
    await asked;
    expect(ben.statuses).not.toContain('idle');
    await nextStarts(ann, ben);
  });
});

test('[J13] a kernelspec that names no program is left out of the list', async () => {
  const { kernelspecs } = await new HubClient(hub).kernelSpecs();
  expect(Object.keys(kernelspecs)).not.toContain('names-no-program');
  expect(Object.keys(kernelspecs)).toContain('python3');
});
