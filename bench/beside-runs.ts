/**
 * Beside a run: how long completion, inspection and the list of variables take while a cell sleeps; how long the first
 * completion of a new kernel takes, as soon as its first run goes on, half a second and a second and a half later, and until
 * it is told that it comes later; and how long an interrupt takes while a cell prints as fast as it can: until the call is answered (the signal was
 * sent), and until the run's end is told. Prints one JSON line a figure. Argument: the number of rounds (default 20).
 * Environment: as added-time.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askKernel, HubClient } from '@cokernel/core';
import { DeviceId, RequestId, sourceHash, type RunId } from '@cokernel/proto/hub';
import { makeCodeCell, makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { startHub } from './hub-process.js';
import { percentile, report } from './report.js';

const rounds = Number(process.argv[2] ?? 20);
const FLOOD_MS = 1_500;
const BEGUN_MS = 500;
/** Since the first run of a kernel began. */
const FIRST_MS = [0, 500, 1_500];
const sleeping = makeCodeCell('name_of_mine = 1\nimport time\nfor _ in range(600): time.sleep(0.1)');
const flooding = makeCodeCell('n = 0\nwhile True:\n    print("line", n)\n    n += 1');

const folder = await mkdtemp(path.join(os.tmpdir(), 'beside-runs-'));
await writeFile(path.join(folder, 'bench.ipynb'), writeNotebook(makeNotebook([sleeping, flooding])));
const hub = await startHub(folder);
const deviceId = DeviceId.parse(randomUUID());
const room = new HubClient(hub.address).joinRoom({ path: 'bench.ipynb', name: 'Bench', deviceId, client: 'page' });
try {
  await until(() => room.state.synced);
  await questions();
  for (const afterMs of FIRST_MS) await firstCompletions(afterMs);
  await interrupts();
} finally {
  room.close();
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
}

async function questions(): Promise<void> {
  const run = await begin(sleeping);
  const cursorPos = 'name_of_'.length;
  const asked = {
    complete: () => askKernel(room, 'complete', { code: 'name_of_', cursorPos }),
    inspect: () => askKernel(room, 'inspect', { code: 'name_of_mine', cursorPos }),
    variables: () => askKernel(room, 'variables', {}),
  };
  for (const [name, ask] of Object.entries(asked)) {
    const took: number[] = [];
    for (let round = 0; round < rounds; round += 1) took.push(await timed(ask));
    figures(`${name} while a cell runs`, took);
  }
  await end(run);
}

async function firstCompletions(afterMs: number): Promise<void> {
  const word: number[] = [];
  const answer: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await room.call('restart', { queued: 'cancel' });
    await until(() => room.state.kernel?.status === 'idle');
    const run = await begin(sleeping, afterMs);
    const start = performance.now();
    let told = Infinity;
    const onBusy = (): void => {
      told = performance.now() - start;
    };
    await askKernel(room, 'complete', { code: 'name_of_', cursorPos: 'name_of_'.length }, { onBusy });
    const took = performance.now() - start;
    word.push(Math.min(told, took));
    answer.push(took);
    await end(run);
  }
  const name = `first completion of a kernel, ${String(afterMs)} ms after its first run began`;
  figures(`${name}, until its answer or the word that it comes later`, word);
  figures(`${name}, until its answer`, answer);
}

async function interrupts(): Promise<void> {
  const sent: number[] = [];
  const ended: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const run = await begin(flooding);
    await delay(FLOOD_MS);
    const start = performance.now();
    await room.call('interrupt', { runId: run });
    sent.push(performance.now() - start);
    await until(() => room.state.queue.running === null);
    ended.push(performance.now() - start);
  }
  figures('interrupt of a cell that prints without end, until it is sent', sent);
  figures('interrupt of a cell that prints without end, until the end is told', ended);
}

/** Resolves so long after the run began. */
async function begin({ id, source }: typeof sleeping, forMs = BEGUN_MS): Promise<RunId> {
  const cells = [{ cellId: id, sourceHash: sourceHash(source) }];
  const { runs } = await room.call('run', { requestId: RequestId.parse(randomUUID()), cells });
  const runId = runs[0]?.run.runId;
  if (runId === undefined) throw new Error('the hub took no run');
  await until(() => room.state.kernel?.status === 'busy' && room.state.queue.running?.runId === runId);
  await delay(forMs);
  return runId;
}

async function end(runId: RunId): Promise<void> {
  await room.call('interrupt', { runId });
  await until(() => room.state.queue.running === null);
}

async function timed(ask: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await ask();
  return performance.now() - start;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(1);
}

function figures(name: string, took: readonly number[]): void {
  for (const percent of [50, 95, 100]) {
    report({
      bench: 'beside-runs',
      name: `${name}, p${percent}`,
      value: percentile(took, percent),
      unit: 'ms',
      rounds,
    });
  }
}
