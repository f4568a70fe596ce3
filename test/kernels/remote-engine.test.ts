/** A hub whose kernels run at a remote engine: its own process, a real Jupyter Server, and people by the client library. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HubAddress } from '@cokernel/core';
import { HubClient } from '@cokernel/core';
import { makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { startHub, type HubProcess } from '../end-to-end/support/hub-process.js';
import { pythonKernelspec } from '../end-to-end/support/kernelspecs.js';
import { makeScratch, type Scratch } from '../end-to-end/support/scratch.js';
import { until } from '../end-to-end/support/until.js';
import { startCutProxy, type CutProxy } from './support/cut-proxy.js';
import { startJupyterServer } from './support/jupyter-server.js';
import { joinNotebook, type NotebookUser } from './support/notebook-user.js';

const NOTEBOOK = 'remote.ipynb';

let scratch: Scratch;
let engine: HubAddress & { readonly token: string };
let way: CutProxy;

beforeEach(async () => {
  scratch = makeScratch();
  engine = await startJupyterServer(scratch, pythonKernelspec(scratch));
  way = await startCutProxy(scratch, engine.url);
  writeFileSync(join(scratch.make('served'), NOTEBOOK), writeNotebook(makeNotebook([])));
});

afterEach(() => scratch.end());

function startRemoteHub(url = way.url): Promise<HubProcess> {
  const gateway = { url, token: engine.token };
  return startHub(scratch, { served: scratch.make('served'), kernelspecs: scratch.make('no-kernels'), gateway });
}

async function enter(hub: HubProcess): Promise<NotebookUser> {
  const user = await joinNotebook(scratch, hub, NOTEBOOK);
  if (user.room.state.kernel === null) await user.room.call('startKernel', { specName: 'python3' });
  await user.sees('the kernel to be idle', ({ kernel }) => kernel?.status === 'idle');
  return user;
}

async function remoteKernels(): Promise<readonly unknown[]> {
  const response = await fetch(`${engine.url}/api/kernels`, { headers: { authorization: `token ${engine.token}` } });
  const kernels: readonly unknown[] = JSON.parse(await response.text());
  return kernels;
}

/** Says that it began, and goes on when the file is there. */
const waitsFor = (file: string): string =>
  [
    'import os, time',
    'print("began", flush=True)',
    `while not os.path.exists(${JSON.stringify(file)}): time.sleep(0.01)`,
    'print("went on")',
  ].join('\n');

test('[N1] a cell runs at a remote engine, is interrupted and restarted there, and ends with the hub', async () => {
  const hub = await startRemoteHub();
  const user = await enter(hub);
  expect(await remoteKernels()).toHaveLength(1);
  const { cellId, run } = await user.run('print("from " + "afar"); x = 6 * 7; x');
  expect(run.state).toBe('succeeded');
  expect(user.text(cellId)).toBe('from afar\n42');

  const asleep = await user.start('import time; print("asleep", flush=True); time.sleep(600)');
  await user.sees('the cell to sleep', () => user.text(asleep.cellId) === 'asleep\n');
  await user.room.call('interrupt', { runId: asleep.runId });
  expect((await user.finished(asleep.runId)).state).toBe('failed');

  await user.room.call('restart', {});
  const after = await user.run('print("x" in globals())');
  expect(user.text(after.cellId)).toBe('False\n');
  await hub.stop();
  expect(await remoteKernels()).toEqual([]);
}, 120_000);

test('[X19] a kernel at a remote engine outlives the hub, and the next hub has it', async () => {
  const former = await startRemoteHub();
  await (await enter(former)).run('x = "kept"');
  await former.kill('SIGTERM');
  const user = await enter(await startRemoteHub());
  const { cellId } = await user.run('print(x)');
  expect(user.text(cellId)).toBe('kept\n');
  expect(await remoteKernels()).toHaveLength(1);
}, 120_000);

test('a run that was at a remote engine when its hub was killed is lost, and not run again by itself', async () => {
  const former = await startRemoteHub();
  const file = join(scratch.folder, 'go-on');
  const first = await enter(former);
  const { cellId } = await first.start(
    `open(${JSON.stringify(`${file}.times`)}, "a").write("once ")\n${waitsFor(file)}`,
  );
  await first.sees('the cell to begin', () => first.text(cellId) === 'began\n');
  await former.kill('SIGKILL');
  const hub = await startRemoteHub();
  const user = await joinNotebook(scratch, hub, NOTEBOOK);
  await user.sees('the loss of the run to hold the queue', ({ queue }) => queue.held === 'runLost');
  expect(user.room.state.kernel?.status).toBe('starting');
  writeFileSync(file, '');
  await user.sees('the kernel to be idle', ({ kernel }) => kernel?.status === 'idle');
  expect(readFileSync(`${file}.times`, 'utf8')).toBe('once ');
}, 120_000);

test('[X7] a connection to a remote engine that breaks in the middle of a run is told in its output', async () => {
  const user = await enter(await startRemoteHub());
  const file = join(scratch.folder, 'go-on');
  const { cellId, runId } = await user.start(waitsFor(file));
  await user.sees('the cell to begin', () => user.text(cellId) === 'began\n');
  way.cut();
  await user.sees('the loss to be told', () =>
    user.text(cellId).includes('connection to the remote engine was broken'),
  );
  writeFileSync(file, '');
  const run = await user.finished(runId);
  expect(run.state).toBe('succeeded');
  expect(user.text(cellId)).toMatch(/went on\n$/);
}, 120_000);

test('a hub whose remote engine is out of reach serves notebooks, and says why nothing runs', async () => {
  const hub = await startRemoteHub('http://127.0.0.1:1/');
  const user = await joinNotebook(scratch, hub, NOTEBOOK);
  const starting = user.room.call('startKernel', { specName: 'python3' });
  await expect(starting).rejects.toThrow(/remote engine at http:\/\/127\.0\.0\.1:1\/ can't be used/);
  const status = await new HubClient(hub).status();
  expect(status.notices).toEqual([
    { code: 'noKernels', message: expect.stringMatching(/remote engine at http:\/\/127\.0\.0\.1:1\//) },
  ]);
  await until('the file to be served', async () => {
    const address = `${hub.url}/api/contents/${NOTEBOOK}`;
    return (await fetch(address, { headers: { authorization: `token ${hub.token}` } })).ok;
  });
}, 120_000);
