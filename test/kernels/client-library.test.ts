/**
 * The client library's Kernel over our hub and over a plain Jupyter Server: one suite for both, over real processes and a
 * real Python. What only the hub promises stands apart below.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HubClient, childOf, executionCounts, executionErrors, kernelStatuses, outputs } from '@cokernel/core';
import type { HubAddress, Kernel, KernelModel } from '@cokernel/core';
import { KernelId } from '@cokernel/proto/hub';
import { executeRequest, inputReply, kernelInfoRequest, type KernelMessage } from '@cokernel/proto/jupyter';
import { firstValueFrom, from, toArray, type Observable } from 'rxjs';
import { startHub } from '../end-to-end/support/hub-process.js';
import { pythonKernelspec } from '../end-to-end/support/kernelspecs.js';
import { makeScratch, type Scratch } from '../end-to-end/support/scratch.js';
import { until } from '../end-to-end/support/until.js';
import { startCutProxy } from './support/cut-proxy.js';
import { startJupyterServer } from './support/jupyter-server.js';
import { answersOf, textOf } from './support/run-code.js';

type Server = HubAddress & { readonly token: string };

const servers = [
  {
    server: 'our hub',
    start: (scratch: Scratch): Promise<Server> =>
      startHub(scratch, { served: scratch.make('served'), kernelspecs: pythonKernelspec(scratch) }),
  },
  {
    server: 'a Jupyter Server',
    start: (scratch: Scratch): Promise<Server> => startJupyterServer(scratch, pythonKernelspec(scratch)),
  },
];

/** A Jupyter Server may swallow what it is sent in the moment after a restart. */
async function untilHeard(kernel: Kernel): Promise<void> {
  const swallowed = Symbol('swallowed');
  while ((await Promise.race([textOf(kernel, ''), delay(5_000, swallowed)])) === swallowed);
}

describe.each(servers)('a kernel over $server', ({ server, start }) => {
  let scratch: Scratch;
  let address: Server;
  let client: HubClient;
  let model: KernelModel;
  let kernel: Kernel;

  beforeAll(async () => {
    scratch = makeScratch();
    address = await start(scratch);
    client = new HubClient(address);
    model = await client.startKernel('python3');
    kernel = await client.connectKernel(model.id);
  });

  afterAll(async () => {
    kernel.close();
    await scratch.end();
  });

  test('[S1] it is started by name, connected to, left, connected to again, and shut down', async () => {
    const { id } = await client.startKernel('python3');
    const first = await client.connectKernel(id);
    expect(await textOf(first, 'x = 41')).toBe('');
    first.close();
    const second = await client.connectKernel(id);
    expect(await textOf(second, 'x + 1')).toBe('42');
    expect(await idsOf(client)).toContain(id);
    await second.shutdown();
    expect(await idsOf(client)).not.toContain(id);
    await expect(client.connectKernel(id)).rejects.toMatchObject({ kind: 'refused', status: 404 });
    expect(await firstValueFrom(second.connection$)).toMatchObject({ state: 'ended' });
  });

  test('[E1] one stream has the messages of all channels, and another of each channel its own', async () => {
    const request = executeRequest(kernel.sender(), { code: 'print(input("Who? "))' });
    const all = answersOf(kernel, request);
    const asked = firstValueFrom(kernel.stdin$);
    const reply = firstValueFrom(kernel.shell$.pipe(childOf(request)));
    kernel.send(request);
    kernel.send(inputReply(kernel.sender(), (await asked).header, 'Ann'));
    expect(await reply).toMatchObject({ channel: 'shell', content: { status: 'ok' } });
    const channels = new Set((await all).map(({ channel }) => channel));
    expect(channels).toEqual(new Set(['iopub', 'stdin', 'shell']));
    expect(await kernel.request(kernelInfoRequest(kernel.sender()))).toMatchObject({
      header: { msg_type: 'kernel_info_reply' },
      content: { language_info: { name: 'python' } },
    });
  });

  test('[E2] completing the streams of all channels leaves, and the kernel runs on', async () => {
    const one = await client.connectKernel(model.id);
    for (const stream of [one.shell$, one.control$, one.stdin$, one.iopub$]) stream.complete();
    expect(one.messages$.completed).toBe(true);
    expect(await textOf(kernel, '6 * 7')).toBe('42');
  });

  test('[E3] [E7] what comes is frozen, and answers our session and user name', async () => {
    const ann = await client.connectKernel(model.id, { username: 'ann' });
    const reply = await ann.request(kernelInfoRequest(ann.sender()));
    expect(reply.parent_header).toMatchObject({ session: ann.session, username: 'ann' });
    for (const part of [reply.header, reply.parent_header, reply.metadata, reply.content])
      expect(Object.isFrozen(part)).toBe(true);
    ann.close();
  });

  test('[E5] a run read by operators', async () => {
    const code = 'print("a")\ndisplay({"text/plain": "b"}, raw=True)\n{}["nowhere"]';
    const request = executeRequest(kernel.sender(), { code });
    const messages = answersOf(kernel, request);
    kernel.send(request);
    const run = await messages;
    const read = <T>(operator: (source: Observable<KernelMessage>) => Observable<T>): Promise<T[]> =>
      firstValueFrom(operator(from(run)).pipe(toArray()));
    expect(await read(kernelStatuses())).toEqual(['busy', 'idle']);
    expect(await read(executionCounts())).toHaveLength(1);
    expect(await read(executionErrors())).toEqual([
      expect.objectContaining({ ename: 'KeyError', evalue: "'nowhere'" }),
    ]);
    expect((await read(outputs())).map((output) => output.output_type)).toEqual(['stream', 'display_data', 'error']);
  });

  test('[E5] an error ends nothing that is asked after it was told', async () => {
    for (const code of ['{}["one"]', '{}["two"]', '6 * 7']) {
      const reply = await kernel.request(executeRequest(kernel.sender(), { code }));
      expect(reply.content['status']).toBe(code === '6 * 7' ? 'ok' : 'error');
    }
  });

  test('[E8] an interrupt goes over control, and ends a sleeping run at once', async () => {
    const request = executeRequest(kernel.sender(), { code: 'import time\nprint("on")\ntime.sleep(60)' });
    const errors = firstValueFrom(kernel.messages$.pipe(childOf(request), executionErrors()));
    const printed = firstValueFrom(kernel.messages$.pipe(childOf(request), outputs()));
    const answered = firstValueFrom(kernel.control$);
    kernel.send(request);
    await printed;
    await kernel.interrupt();
    expect((await answered).header.msg_type).toBe('interrupt_reply');
    expect(await errors).toMatchObject({ ename: 'KeyboardInterrupt' });
  });

  test('[S2] kernels are listed, and a restart makes the memory new', async () => {
    const { id } = await client.startKernel('python3');
    const one = await client.connectKernel(id);
    expect((await client.kernels()).find((each) => each.id === id)).toMatchObject({ name: 'python3' });
    await textOf(one, 'kept = 1');
    await one.restart();
    if (server !== 'our hub') await untilHeard(one);
    expect(await textOf(one, '"kept" in globals()')).toBe('False');
    await one.shutdown();
  });

  test('[S2] nobody comes in with a wrong token, nor to a kernel that is not there', async () => {
    const stranger = new HubClient({ url: address.url, token: 'wrong' });
    await expect(stranger.connectKernel(model.id)).rejects.toMatchObject({ name: 'HubError', kind: 'refused' });
    await expect(stranger.startKernel('python3')).rejects.toMatchObject({ kind: 'refused' });
    const nobody = client.connectKernel(KernelId.parse('6f1c4a52-0000-4000-8000-000000000000'));
    await expect(nobody).rejects.toMatchObject({ kind: 'refused', status: 404 });
  });

  test('[S3] ids are random, a kernel’s model holds no key, and no GET changes anything', async () => {
    expect(model.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const get = (path: string): Promise<Response> =>
      fetch(`${address.url}${path}`, { headers: { authorization: `token ${address.token}` } });
    expect(await (await get(`/api/kernels/${model.id}`)).text()).not.toMatch(/key|hmac|_port/);
    await textOf(kernel, 'still = 1');
    const before = await idsOf(client);
    for (const action of ['interrupt', 'restart']) {
      const { ok } = await get(`/api/kernels/${model.id}/${action}`);
      expect({ server, action, ok }).toEqual({ server, action, ok: false });
    }
    expect(await idsOf(client)).toEqual(before);
    expect(await textOf(kernel, 'still')).toBe('1');
  });
});

describe('over our hub alone', () => {
  let scratch: Scratch;

  beforeAll(() => {
    scratch = makeScratch();
  });

  afterAll(() => scratch.end());

  test('[S2] [X7] a connection that breaks in the middle of output loses nothing, and nothing comes twice', async () => {
    const hub = await startHub(scratch, { served: scratch.make('served'), kernelspecs: pythonKernelspec(scratch) });
    const proxy = await startCutProxy(scratch, hub.url);
    const client = new HubClient({ url: proxy.url, token: hub.token }, { log: () => undefined });
    const { id } = await client.startKernel('python3');
    const kernel = await client.connectKernel(id);
    const lines = 3000;
    const code = `import time\nfor n in range(${lines}):\n    print(n, flush=True)\n    if n % 10 == 0: time.sleep(0.005)`;
    const request = executeRequest(kernel.sender(), { code });
    const reply = firstValueFrom(kernel.shell$.pipe(childOf(request)));
    let text = '';
    let losses = 0;
    let isConnected = true;
    kernel.connection$.subscribe(({ state }) => {
      isConnected = state === 'connected';
      if (state === 'disconnected') losses += 1;
    });
    kernel.iopub$.pipe(childOf(request), outputs()).subscribe((output) => {
      text += output.output_type === 'stream' ? output.text : '';
    });
    kernel.send(request);
    for (const [cuts, part] of [0.2, 0.4, 0.6, 0.8].entries()) {
      await until('the next part of the output', () => text.length > part * 13_890);
      proxy.cut();
      await until('the loss to be noticed', () => losses > cuts);
      await until('the connection to be back', () => isConnected);
    }
    expect(await reply).toMatchObject({ content: { status: 'ok' } });
    await until('the last line', () => text.endsWith(`${lines - 1}\n`));
    expect(text).toBe(Array.from({ length: lines }, (_, n) => `${n}\n`).join(''));
    expect(losses).toBe(4);
    await kernel.shutdown();
  });
});

async function idsOf(client: HubClient): Promise<string[]> {
  return (await client.kernels()).map(({ id }) => id);
}
