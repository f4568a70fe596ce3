/** A hub with one kernel, and how long a run takes there from the call of a client until the kernel is busy with it. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HubClient, type Room } from '@cokernel/core';
import { DeviceId, RequestId, sourceHash } from '@cokernel/proto/hub';
import { makeCodeCell, makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { startHub } from './hub-process.js';

export interface StartingHub {
  /** In ms; resolves when the kernel is idle again. */
  start(): Promise<number>;
  stop(): Promise<void>;
}

/** What a kernel says, as far as it is looked at. */
const Said = z.object({
  msg_type: z.string(),
  parent_header: z.object({ msg_id: z.string().optional() }),
  content: z.object({ execution_state: z.string().optional() }),
});

export async function startingHub(env: Readonly<Record<string, string>>): Promise<StartingHub> {
  const cell = makeCodeCell('1');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'queue-bench-'));
  await writeFile(path.join(folder, 'bench.ipynb'), writeNotebook(makeNotebook([cell])));
  const hub = await startHub(folder, undefined, env);
  const deviceId = DeviceId.parse(randomUUID());
  const room = new HubClient(hub.address).joinRoom({ path: 'bench.ipynb', name: 'Bench', deviceId, client: 'program' });
  const run = async (): Promise<string> => {
    const cells = [{ cellId: cell.id, sourceHash: sourceHash(cell.source) }];
    const { runs } = await room.call('run', { requestId: RequestId.parse(randomUUID()), cells });
    return runs[0]?.run.runId ?? '';
  };
  await run();
  await until(() => isFree(room));
  const busy = new Map<string, number>();
  const socket = await hearKernel(hub.address, room.state.kernel?.kernelId ?? '', busy);
  return {
    start: async () => {
      const start = performance.now();
      const runId = await run();
      await until(() => busy.has(runId) && isFree(room));
      return (busy.get(runId) ?? Infinity) - start;
    },
    stop: async () => {
      socket.close();
      room.close();
      await hub.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Notes when the kernel was busy with each request. */
async function hearKernel(
  { url, token = '' }: { readonly url: string; readonly token?: string },
  kernelId: string,
  busy: Map<string, number>,
): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/kernels/${kernelId}/channels?token=${token}`);
  socket.on('message', (data: Buffer) => {
    const at = performance.now();
    const said = Said.safeParse(JSON.parse(data.toString()));
    if (!said.success || said.data.content.execution_state !== 'busy') return;
    busy.set(said.data.parent_header.msg_id ?? '', at);
  });
  await once(socket, 'open');
  return socket;
}

function isFree({ state }: Room): boolean {
  const { kernel, queue } = state;
  return kernel?.status === 'idle' && queue.running === null && queue.queued.length === 0;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(1);
}
