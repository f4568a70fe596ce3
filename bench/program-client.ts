/** A program in Node, by the client library. */
import { randomUUID } from 'node:crypto';
import type { HubAddress, Room } from '@cokernel/core';
import { HubClient } from '@cokernel/core';
import { DeviceId, RequestId, sourceHash } from '@cokernel/proto/hub';
import type { YCell } from '@cokernel/proto/notebook';
import { findCell, outputsOf, streamText } from '@cokernel/proto/notebook';
import type { BenchClient, BenchNotebook } from './client.js';

export function programClient(address: HubAddress, notebook: BenchNotebook): BenchClient {
  const deviceId = DeviceId.parse(randomUUID());
  const room = new HubClient(address).joinRoom({ path: notebook.path, name: 'Bench', deviceId, client: 'program' });
  return {
    name: 'program',
    run: () => run(room, notebook),
    close: () => Promise.resolve(room.close()),
  };
}

async function run(room: Room, { cellId, code }: BenchNotebook): Promise<number> {
  if (!room.state.synced) await changed(room, () => room.state.synced);
  const cell = room.document === null ? null : findCell(room.document.doc, cellId);
  if (cell === null) throw new Error('the cell is not in the document');
  const start = performance.now();
  const cells = [{ cellId, sourceHash: sourceHash(code) }];
  const asked = room.call('run', { requestId: RequestId.parse(randomUUID()), cells });
  const [took] = await Promise.all([outputArrived(cell).then(() => performance.now() - start), asked]);
  const isOver = (): boolean => room.state.queue.running === null && room.state.queue.queued.length === 0;
  if (!isOver()) await changed(room, isOver);
  return took;
}

function outputArrived(cell: YCell): Promise<void> {
  const before = textOf(cell);
  return new Promise((resolve) => {
    const look = (): void => {
      const text = textOf(cell);
      if (text === null || text === before) return;
      cell.unobserveDeep(look);
      resolve();
    };
    cell.observeDeep(look);
  });
}

function textOf(cell: YCell): string | null {
  const output = outputsOf(cell)?.toArray()[0];
  return output === undefined ? null : (streamText(output)?.toString() ?? null);
}

function changed(room: Room, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = room.subscribe(() => {
      if (!condition()) return;
      stop();
      resolve();
    });
  });
}
