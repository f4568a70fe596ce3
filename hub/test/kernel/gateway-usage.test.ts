/** What a kernel at a remote engine uses: it says so itself, and nobody notices that it was asked. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { usageRequest } from '@cokernel/proto/jupyter';
import { GatewayHost } from '../../src/kernel/gateway-host.js';
import { JupyterServer } from '../support/jupyter-server.js';
import { evaluated, KernelEvents, readyKernel, sendCode, sender } from '../support/kernel-events.js';
import { waitUntil } from '../support/wait-until.js';

let engine: JupyterServer;
const hosts: GatewayHost[] = [];

beforeAll(async () => {
  engine = await JupyterServer.start();
});
afterEach(async () => {
  for (const id of await engine.kernelIds()) await engine.rest('DELETE', `api/kernels/${id}`);
  for (const host of hosts.splice(0)) await host.close();
});
afterAll(() => engine.stop());

function quickHost(): GatewayHost {
  const host = new GatewayHost({
    ...{ url: engine.url, token: engine.token, file: engine.file(`${randomUUID()}.json`) },
    times: { usageEveryMs: 100 },
    now: () => performance.now(),
    log: () => undefined,
  });
  hosts.push(host);
  return host;
}

/** Two more than there are, so that one was measured after now from its begin to its end. */
async function usageFromNow(events: KernelEvents): Promise<{ readonly rssBytes: number; readonly cpuPercent: number }> {
  const count = events.ofType('usage').length + 2;
  await events.until('usage', count);
  const usage = events.ofType('usage')[count - 1];
  if (usage === undefined) throw new Error('it was told a moment ago');
  return usage;
}

/** When the engine heard of its kernel last. */
async function lastActivity(): Promise<string> {
  const [kernel]: readonly { readonly last_activity: string }[] = JSON.parse(await engine.rest('GET', 'api/kernels'));
  return kernel?.last_activity ?? 'none';
}

test('is told while it is idle and while a cell runs, with its children, also after a restart', async () => {
  const started = await readyKernel(quickHost());
  const { events, kernel } = started;
  const before = await usageFromNow(events);
  expect(before.rssBytes).toBeGreaterThan(20_000_000);

  const file = engine.file(randomUUID());
  const id = await sendCode(
    kernel,
    [
      'import os, subprocess, sys',
      'held = b"x" * 100_000_000',
      'child = subprocess.Popen([sys.executable, "-c", "held = b\'x\' * 100_000_000\\nwhile True: pass"])',
      'print("began", flush=True)',
      `while not os.path.exists(${JSON.stringify(file)}): pass`,
      'child.kill()',
    ].join('\n'),
  );
  await events.untilChild(id, 'stream');
  const isBusy = () => events.ofType('usage').some(({ rssBytes }) => rssBytes > before.rssBytes + 195_000_000);
  await waitUntil('the memory of both is told', isBusy);
  await waitUntil('their time is told', async () => (await usageFromNow(events)).cpuPercent > 10);
  expect(events.childrenOf(id, 'execute_reply')).toEqual([]);
  await writeFile(file, '');
  await events.untilDone(id);

  await kernel.restart();
  expect((await usageFromNow(events)).rssBytes).toBeLessThan(before.rssBytes + 95_000_000);
});

test('takes no place among what the kernel says, so that it stays idle for culling; who asks it too is answered', async () => {
  const started = await readyKernel(quickHost());
  const { events, kernel } = started;
  await evaluated(started, '1');
  const said = [...events.seqs];
  await usageFromNow(events);
  expect(events.seqs).toEqual(said);
  const request = usageRequest(sender());
  await kernel.send(request);
  const reply = await events.untilChild(request.header.msg_id, 'usage_reply');
  expect(reply.content['kernel_memory']).toBeGreaterThan(20_000_000);
});

test('is asked only while somebody looks: the engine takes a kernel that is asked for one in use', async () => {
  const host = quickHost();
  const kernelId = KernelId.parse(randomUUID());
  const events = new KernelEvents();
  let isLookedAt = false;
  await host.start({ kernelId, specName: 'python3', cwd: '/', labels: {}, fence: 1 });
  const options = { fromSeq: 0, fence: 1, wantsUsage: () => isLookedAt };
  const started = { kernelId, events, ...(await host.attach(kernelId, options, events.listener)) };
  await events.until('ready');
  await evaluated(started, 'import time; time.sleep(1)');
  expect(events.ofType('usage')).toEqual([]);
  const before = await lastActivity();
  isLookedAt = true;
  await usageFromNow(events);
  expect(await lastActivity()).not.toBe(before);
});
