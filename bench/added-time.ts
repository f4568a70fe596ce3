/**
 * Added time: from `run` to the output in a client's document, against the same code on bare ZeroMQ (Node, from the
 * request to reply and idle). Both sides take turns in one run, each over its own ipykernel of the same Python.
 * Prints one JSON line a figure. Argument: the number of rounds (default 300). Environment: COKERNEL_TEST_PYTHON.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Room } from '@cokernel/core';
import { HubClient } from '@cokernel/core';
import { DeviceId, RequestId, sourceHash } from '@cokernel/proto/hub';
import type { YCell } from '@cokernel/proto/notebook';
import { findCell, makeCodeCell, makeNotebook, outputsOf, streamText, writeNotebook } from '@cokernel/proto/notebook';
import { BareKernel } from './bare-zeromq.js';
import { startHub } from './hub-process.js';
import { median, percentile, report } from './report.js';

const rounds = Number(process.argv[2] ?? 300);
const WARM_UP_ROUNDS = 20;
const CODE = "n = globals().get('n', 0) + 1\nprint('round', n)";
const python = process.env['COKERNEL_TEST_PYTHON'] ?? 'python3';

const cell = makeCodeCell(CODE);
const folder = await mkdtemp(path.join(os.tmpdir(), 'added-time-'));
await writeFile(path.join(folder, 'bench.ipynb'), writeNotebook(makeNotebook([cell])));
const hub = await startHub(folder);
const bare = await BareKernel.start(python);
const room = new HubClient(hub.address).joinRoom({
  path: 'bench.ipynb',
  name: 'Bench',
  deviceId: DeviceId.parse(randomUUID()),
  client: 'program',
});
try {
  await measure();
} finally {
  room.close();
  await bare.stop();
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const bareMs: number[] = [];
  const hubMs: number[] = [];
  for (let round = 0; round < rounds + WARM_UP_ROUNDS; round += 1) {
    bareMs.push(await timed(() => bare.execute(CODE)));
    hubMs.push(await timed(() => run(room)));
    await runIsOver(room);
  }
  const [bareCounted, hubCounted] = [bareMs.slice(WARM_UP_ROUNDS), hubMs.slice(WARM_UP_ROUNDS)];
  const figure = (name: string, value: number): void =>
    report({ bench: 'added-time', name, value, unit: 'ms', rounds });
  figure('bare ZeroMQ, p50', median(bareCounted));
  figure('bare ZeroMQ, p95', percentile(bareCounted, 95));
  figure('hub, run to output in the document, p50', median(hubCounted));
  figure('hub, run to output in the document, p95', percentile(hubCounted, 95));
  figure('added, p50', median(hubCounted) - median(bareCounted));
}

/** From the call to the new output's text in this client's document. */
async function run(joined: Room): Promise<void> {
  const requestId = RequestId.parse(randomUUID());
  const asked = joined.call('run', { requestId, cells: [{ cellId: cell.id, sourceHash: sourceHash(CODE) }] });
  await Promise.all([asked, outputArrived(await cellOf(joined))]);
}

/** The call waits for the document; so does this. */
async function cellOf(joined: Room): Promise<YCell> {
  if (!joined.state.synced) await changed(joined, () => joined.state.synced);
  const found = joined.document === null ? null : findCell(joined.document.doc, cell.id);
  if (found === null) throw new Error('the benchmark cell is not in the document');
  return found;
}

function outputArrived(yCell: YCell): Promise<void> {
  const before = textOf(yCell);
  return new Promise((resolve) => {
    const look = (): void => {
      const text = textOf(yCell);
      if (text === null || text === before) return;
      yCell.unobserveDeep(look);
      resolve();
    };
    yCell.observeDeep(look);
  });
}

function textOf(yCell: YCell): string | null {
  const output = outputsOf(yCell)?.toArray()[0];
  return output === undefined ? null : (streamText(output)?.toString() ?? null);
}

async function runIsOver(joined: Room): Promise<void> {
  const idle = (): boolean => joined.state.queue.running === null && joined.state.queue.queued.length === 0;
  if (!idle()) await changed(joined, idle);
}

function changed(joined: Room, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = joined.subscribe(() => {
      if (!condition()) return;
      stop();
      resolve();
    });
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
