/**
 * The run queue in Redis, with a server of the bench's own.
 *
 * Start: how long it takes on an idle kernel from asking the queue for a run until the kernel's owner has it in hand, as a
 * hub does it: it hears of the run by the queue's change, takes it, and has it. Beside it, as a yardstick for the disk, two
 * synced writes of a file, since asking and taking each wait for one. And through a whole hub: from the call of a client until the kernel
 * says that it is busy with that run, with the queue in Redis and embedded in turns.
 *
 * Cycles: how many runs a second are asked for, taken and settled over 200 kernels at once by one hub, each asked for while the one
 * before it runs; alone, and with the changes of each queue heard as a hub hears them; where Redis has each change on disk before it answers, and within a second.
 * Beside it, as a yardstick for the machine, the same number of clients with two scripts a cycle that do no more than keep and tell so
 * many bytes (bare-scripts.ts).
 *
 * Prints one JSON line a figure: medians over rounds. Argument: the number of rounds (default 5). Environment: as added-time.
 */
import { open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type LeasedQueue, leasedQueue } from '../hub/test/support/leased-queue.js';
import { newRequestId, queuedRun } from '../hub/test/support/queued-run.js';
import { startRedisServer } from '../hub/test/support/redis-server.js';
import { QueueOwner } from '../hub/src/run/queue-owner.js';
import { bareCycles } from './bare-scripts.js';
import { type BenchStore, cyclesOf, openBenchStore, settle } from './queue-store.js';
import { type StartingHub, startingHub } from './queue-hub.js';
import { median, report } from './report.js';

const rounds = Number(process.argv[2] ?? 5);
const STARTS = 200;
const KERNELS = 200;
const CYCLES_EACH = 100;
const nothing = (): void => undefined;
const log = { info: nothing, warn: nothing, error: nothing };

const durable = await openBenchStore('always');
try {
  await starts(durable);
  await hubStarts(durable);
  await cycles(durable, 'always', 'each change on disk before the answer');
} finally {
  await durable.close();
}
const relaxed = await openBenchStore('everysec');
try {
  await cycles(relaxed, 'everysec', 'changes on disk within a second');
} finally {
  await relaxed.close();
}

function figure(name: string, values: readonly number[], unit: string): void {
  report({ bench: 'queue', name, value: median(values), unit, rounds: values.length });
}

async function starts({ store }: BenchStore): Promise<void> {
  const leased = await leasedQueue(store);
  const owned: number[] = [];
  const disk: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const [has, wrote] = [await startsOf(leased), await syncedWrites()];
    // The first is to warm up.
    if (round === 0) continue;
    owned.push(has);
    disk.push(wrote);
  }
  figure('start: from asking until the owner has the run, p50', owned, 'ms');
  figure('start: two synced writes of a file, one after the other, p50', disk, 'ms');
}

/** The median of one round. */
async function startsOf(leased: LeasedQueue): Promise<number> {
  const { queue, kernelId, fence } = leased;
  const took: number[] = [];
  const owner = new QueueOwner({ kernelId, queue, onBack: nothing, log });
  for (let each = 0; each < STARTS; each += 1) {
    const run = queuedRun();
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      const unsubscribe = queue.subscribe(kernelId, ({ snapshot }) => {
        if (snapshot.running !== null || snapshot.queued.length === 0) return;
        unsubscribe();
        owner.takeNext(fence, new Date().toISOString()).then((taken) => {
          if (taken === null) return reject(new Error('the run was not taken'));
          took.push(performance.now() - start);
          resolve();
        }, reject);
      });
      queue.enqueue(kernelId, newRequestId(), [run]).catch(reject);
    });
    await settle(leased, run.view.runId);
  }
  return median(took);
}

/** As many bytes as a step writes. */
async function syncedWrites(): Promise<number> {
  const name = path.join(os.tmpdir(), `queue-bench-${String(process.pid)}`);
  const file = await open(name, 'w');
  const bytes = Buffer.alloc(1_500, 'x');
  const took: number[] = [];
  for (let each = 0; each < STARTS; each += 1) {
    const start = performance.now();
    await file.write(bytes);
    await file.datasync();
    await file.write(bytes);
    await file.datasync();
    took.push(performance.now() - start);
  }
  await file.close();
  await rm(name);
  return median(took);
}

async function hubStarts({ server }: BenchStore): Promise<void> {
  const hubs: readonly (readonly [string, StartingHub, number[]])[] = [
    ['the queue in Redis', await startingHub({ REDIS_URL: server.url }), []],
    ['the queue embedded', await startingHub({}), []],
  ];
  try {
    for (let each = 0; each < rounds * 40; each += 1) for (const [, hub, took] of hubs) took.push(await hub.start());
    for (const [where, , took] of hubs)
      figure(`start: from a call until the kernel is busy, ${where}, p50`, took, 'ms');
  } finally {
    for (const [, hub] of hubs) await hub.stop();
  }
}

async function cycles({ store }: BenchStore, appendfsync: 'always' | 'everysec', disk: string): Promise<void> {
  const kernels = await Promise.all(Array.from({ length: KERNELS }, () => leasedQueue(store)));
  // Of its own, so that neither is held up by what the other made its server write.
  const other = await startRedisServer({ appendfsync });
  const bare = await bareCycles(other.url, KERNELS, CYCLES_EACH);
  await cyclesASecond(kernels);
  await bare.measure();
  const [alone, yardstick]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    alone.push(await cyclesASecond(kernels));
    yardstick.push(await bare.measure());
  }
  bare.close();
  await other.remove();
  figure(`cycles: ${disk}`, alone, '1/s');
  figure(`cycles: two bare scripts of as many bytes, ${disk}`, yardstick, '1/s');
  for (const { queue, kernelId } of kernels) queue.subscribe(kernelId, () => undefined);
  figure(`cycles: ${disk}, changes heard`, await several(() => cyclesASecond(kernels)), '1/s');
}

async function cyclesASecond(kernels: readonly LeasedQueue[]): Promise<number> {
  const run = queuedRun();
  const start = performance.now();
  await Promise.all(kernels.map((kernel) => cyclesOf(kernel, run, CYCLES_EACH)));
  return (kernels.length * CYCLES_EACH * 1_000) / (performance.now() - start);
}

async function several(measure: () => Promise<number>): Promise<readonly number[]> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round += 1) values.push(await measure());
  return values;
}
