/** What a real kernel and its child use reaches the hub, and nobody looks for those who are away. */
import { appendFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { evaluated, KernelEvents, readyKernel } from '../support/kernel-events.js';
import { TestKeeper } from '../support/keeper.js';
import { waitUntil } from '../support/wait-until.js';

const TIMEOUT = 120_000;
let keeper: TestKeeper;

beforeEach(async () => {
  keeper = await TestKeeper.make();
});

afterEach(() => keeper.stop());

test(
  "memory and time of a kernel's whole process tree are told to the hub that is attached, and stand in no journal",
  async () => {
    const started = await readyKernel(keeper.host());
    const { kernel, kernelId, events } = started;
    await events.until('usage');
    const before = events.ofType('usage').at(-1)?.rssBytes ?? 0;
    const code = [
      'import subprocess, sys',
      'held = b"x" * 200_000_000',
      'busy = "held = b\'x\' * 100_000_000\\nwhile True: pass"',
      'child = subprocess.Popen([sys.executable, "-c", busy], start_new_session=True)',
    ].join('\n');
    await evaluated(started, code);
    const hasGrown = () => events.ofType('usage').some(({ rssBytes }) => rssBytes > before + 295_000_000);
    await waitUntil('the memory of both is told', hasGrown);
    await waitUntil('the time of the child is told', () => (events.ofType('usage').at(-1)?.cpuPercent ?? 0) > 5);
    await evaluated(started, 'child.kill(); child.wait(); del held');
    const isSmall = () => (events.ofType('usage').at(-1)?.rssBytes ?? Infinity) < before + 100_000_000;
    await waitUntil('it is given back', isSmall);
    kernel.detach();
    const again = new KernelEvents();
    await keeper.host().attach(kernelId, { fromSeq: 0, fence: 1 }, again.listener);
    await again.until('ready');
    expect(again.ofType('usage')).toEqual([]);
  },
  TIMEOUT,
);

test(
  "a kernel's stderr stays within its bound while it runs, and so does the keeper's log",
  async () => {
    const started = await readyKernel(keeper.host());
    const write = 'import os\nfor n in range(6): os.write(2, b"said to nobody\\n" * 100_000)';
    await evaluated(started, write);
    const stderr = join(keeper.dataDir, 'kernels', started.kernelId, 'stderr.log');
    const log = join(keeper.dataDir, 'keeper.log');
    await appendFile(log, 'an old line\n'.repeat(500_000));
    const areSmall = async () => (await stat(stderr)).size <= 2 ** 20 && (await stat(log)).size <= 2 ** 21;
    await waitUntil('both are small', areSmall);
  },
  TIMEOUT,
);
