/** What a real kernel and its child use reaches the hub, whoever started it, and nobody looks for those who are away. */
import { randomUUID } from 'node:crypto';
import { appendFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ExistingKernelProcess, readyExisting } from '../support/existing-kernel.js';
import { evaluated, KernelEvents, readyKernel, sendCode } from '../support/kernel-events.js';
import { TestKeeper } from '../support/keeper.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { waitUntil } from '../support/wait-until.js';

const TIMEOUT = 120_000;
let folder: ScratchFolder;
let keeper: TestKeeper;
let theirs: ExistingKernelProcess;
/** It is asked while the other tests go on. */
let adopted: Awaited<ReturnType<typeof readyExisting>>;

beforeAll(async () => {
  folder = await scratchFolder();
  keeper = await TestKeeper.make();
  theirs = await ExistingKernelProcess.start({ folder: folder.path, transport: 'tcp' });
  adopted = await readyExisting(keeper.host(), theirs.connectionFile);
}, TIMEOUT);

afterAll(async () => {
  await keeper.stop();
  await theirs.end();
  await folder.remove();
});

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

test(
  '[J14] a kernel that somebody else started is asked itself, also while it computes, and nobody hears that it was',
  async () => {
    const { events, kernel, kernelId } = adopted;
    await events.until('usage');
    const file = join(folder.path, randomUUID());
    const waits = `import os, time\nprint("began")\nwhile not os.path.exists(${JSON.stringify(file)}): time.sleep(0.01)`;
    const id = await sendCode(kernel, waits);
    await events.untilChild(id, 'stream');
    await events.until('usage', events.ofType('usage').length + 1);
    expect(events.ofType('usage').at(-1)?.rssBytes).toBeGreaterThan(20_000_000);
    expect(events.childrenOf(id, 'execute_reply')).toEqual([]);
    await writeFile(file, '');
    await events.untilDone(id);
    const again = new KernelEvents();
    await keeper.host().attach(kernelId, { fromSeq: 0, fence: 1 }, again.listener);
    await waitUntil('all was said again', () => again.seqs.includes(events.seqs.at(-1) ?? 0));
    const aboutUsage = again.messages.filter((message) => JSON.stringify(message).includes('usage_re'));
    expect(aboutUsage).toEqual([]);
  },
  TIMEOUT,
);
