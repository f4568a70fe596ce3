/** A hub that asks and does not read is hung up on before the keeper grows. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { KeeperConnection } from '../../src/kernel/keeper-connection.js';
import { keeperPaths } from '../../src/kernel/keeper-paths.js';
import { encodeJson, KeeperCounters } from '../../src/kernel/keeper-protocol.js';
import { rawHub, TestKeeper } from '../support/keeper.js';
import { waitUntil } from '../support/wait-until.js';
import { FakeKernel } from './fake-kernel.js';

const MEGABYTE = 1_000_000;
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test('[X16] a hub that asks for more than it reads is hung up on, and the others work on', async () => {
  const keeper = await TestKeeper.make();
  closers.push(() => keeper.stop());
  const host = keeper.host();
  await host.kernels();
  const kernel = new FakeKernel();
  closers.push(() => kernel.stop());
  const { dataDir, socketPath } = await keeperPaths(keeper.dataDir);
  const connectionFile = join(dataDir, 'fake.json');
  await kernel.start(connectionFile);
  const labels = { long: 'x'.repeat(MEGABYTE) };
  await host.adoptExisting({ kernelId: KernelId.parse(randomUUID()), connectionFile, labels, fence: 1 });
  const counting = await KeeperConnection.open(socketPath, () => undefined);
  closers.push(() => counting.close());
  const counters = async () => KeeperCounters.parse(await counting.ask({ request: 'counters' }));
  const before = (await counters()).rssBytes;
  const deaf = await rawHub(keeper.dataDir);
  closers.push(() => Promise.resolve(void deaf.destroy()));
  deaf.on('error', () => undefined).pause();
  for (let id = 1; id <= 1_000; id += 1) deaf.write(encodeJson({ type: 'request', id, request: 'kernels' }));
  await waitUntil('it is hung up on', async () => (await counters()).droppedFrames['unread'] === 1);
  expect((await counters()).rssBytes - before).toBeLessThan(300 * MEGABYTE);
  expect(await host.kernels()).toHaveLength(1);
});
