/**
 * Rounds of bad frames at everything that a keeper reads: from a kernel, at its own socket, and at a real kernel's ports
 * beside it. After each round the keeper is the same process, has counted each bad frame, and two clients who worked with
 * their kernels all the while got every answer.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KernelId } from '@cokernel/proto/hub';
import { KeeperConnection } from '../../src/kernel/keeper-connection.js';
import { keeperPaths } from '../../src/kernel/keeper-paths.js';
import { KeeperCounters } from '../../src/kernel/keeper-protocol.js';
import type { KernelHost } from '../../src/kernel/kernel-host.js';
import { startKernel } from '../support/kernel-events.js';
import { TestKeeper } from '../support/keeper.js';
import { waitUntil } from '../support/wait-until.js';
import { badFrames, type BadFrameSource } from './bad-keeper-frames.js';
import { badMessages, type BadMessage, type BadMessageSource } from './bad-messages.js';
import { FakeKernel } from './fake-kernel.js';
import { GoodClient } from './good-client.js';
import { RudeClient } from './rude-client.js';
import { RudePeer } from './rude-peer.js';
import { Tally } from './tally.js';

export interface FramesFigures {
  /** By the keeper, each for its reason. */
  readonly counted: number;
  /** Sent to the real kernel's ports past the keeper. */
  readonly besideKeeper: number;
  /** Of the two good clients, meanwhile. */
  readonly runs: number;
  readonly keeperRssMb: number;
}

const FENCE = 100;
const CHANNELS = ['shell', 'iopub', 'control', 'stdin'] as const;
const FROM_KERNEL = 'message';
const AT_SOCKET = 'frame';

export class FramesStage {
  private constructor(
    private readonly keeper: TestKeeper,
    private readonly connection: KeeperConnection,
    private readonly fake: { readonly kernel: FakeKernel; readonly kernelId: KernelId; readonly client: GoodClient },
    private readonly real: { readonly client: GoodClient; readonly rude: RudeClient },
    private readonly peer: RudePeer,
  ) {}

  static async open(): Promise<FramesStage> {
    const keeper = await TestKeeper.make();
    try {
      const host = keeper.host();
      const fake = await openFake(keeper, host);
      const real = await openReal(keeper, host);
      const { socketPath } = await keeperPaths(keeper.dataDir);
      const connection = await KeeperConnection.open(socketPath, () => undefined);
      return new FramesStage(keeper, connection, fake, real, new RudePeer(socketPath));
    } catch (error) {
      await keeper.stop();
      throw error;
    }
  }

  /**
   * Sends `count` bad frames to the keeper, and some to a kernel beside it; the same ones for the same seed. Rejects with
   * what was wrong.
   */
  async round(seed: number, count: number): Promise<FramesFigures> {
    const atReal = Math.ceil(count / 10);
    const atFake = Math.ceil(count / 2);
    const bad = {
      fromKernel: badMessages(sourceFor(this.fake.kernel.key, 'rubbish'), seed, atFake),
      toKernel: badMessages(sourceFor(this.real.rude.key, 'kernel_info_request'), seed, atReal),
      atSocket: badFrames(this.#target, seed, count - atFake),
    };
    const before = await this.#counts();
    const runs = await this.#workWhile(() =>
      Promise.all([this.#sayAsKernel(bad.fromKernel), this.real.rude.say(bad.toKernel), this.peer.say(bad.atSocket)]),
    );
    for (const { reason } of bad.fromKernel) before.add(`${FROM_KERNEL} ${reason}`);
    for (const { reason } of bad.atSocket) before.add(`${AT_SOCKET} ${reason}`);
    await this.#untilCounted(before.byReason);
    await this.#expectUnharmed();
    const { rssBytes } = await this.#counters();
    return { counted: count, besideKeeper: atReal, runs, keeperRssMb: Math.round(rssBytes / 2 ** 20) };
  }

  async stop(): Promise<void> {
    await this.real.rude.close();
    await this.connection.close();
    await this.keeper.stop();
    await this.fake.kernel.stop();
  }

  async #workWhile(rudeness: () => Promise<unknown>): Promise<number> {
    let isOver = false;
    const clients = [this.fake.client, this.real.client];
    const work = Promise.all(clients.map((client) => client.workUntil(() => isOver)));
    try {
      await Promise.race([rudeness(), work]);
    } finally {
      isOver = true;
    }
    return (await work).reduce((sum, runs) => sum + runs, 0);
  }

  async #sayAsKernel(messages: readonly BadMessage[]): Promise<void> {
    const { kernel } = this.fake;
    for (const [index, { reason, frames }] of messages.entries()) {
      const channel = CHANNELS[index % CHANNELS.length] ?? 'iopub';
      for (let times = reason === 'repeated' ? 2 : 1; times > 0; times -= 1) await kernel.say(channel, frames);
    }
  }

  get #target(): BadFrameSource {
    const { kernelId, client } = this.fake;
    return { kernelId, fence: FENCE, sentId: client.firstRunId };
  }

  async #counters(): Promise<KeeperCounters> {
    return KeeperCounters.parse(await this.connection.ask({ request: 'counters' }));
  }

  /** Of everything that the keeper dropped so far, by whose it was and why. */
  async #counts(): Promise<Tally> {
    const { droppedFrames, kernels } = await this.#counters();
    const tally = new Tally();
    tally.addAll(AT_SOCKET, droppedFrames);
    for (const { droppedMessages } of kernels) tally.addAll(FROM_KERNEL, droppedMessages);
    return tally;
  }

  async #untilCounted(expected: Readonly<Record<string, number>>): Promise<void> {
    let counted = {};
    const isCounted = async () => {
      counted = (await this.#counts()).byReason;
      return isDeepStrictEqual(counted, expected);
    };
    await waitUntil('each bad frame is counted', isCounted).catch(() => {
      throw new Error(`counted were ${JSON.stringify(counted)}, sent ${JSON.stringify(expected)}`);
    });
  }

  async #expectUnharmed(): Promise<void> {
    const pids = await this.keeper.pids();
    if (pids.length !== 1) throw new Error(`there were ${pids.length} keepers`);
    const unwanted = [this.fake.client, this.real.client].flatMap((client) => client.unwanted);
    if (unwanted.length > 0) throw new Error(`a client heard of ${JSON.stringify(unwanted[0])}`);
  }
}

async function openFake(keeper: TestKeeper, host: KernelHost) {
  const kernel = new FakeKernel();
  const { dataDir } = await keeperPaths(keeper.dataDir);
  const connectionFile = join(dataDir, 'fake.json');
  await kernel.start(connectionFile);
  const kernelId = KernelId.parse(randomUUID());
  await host.adoptExisting({ kernelId, connectionFile, labels: {}, fence: FENCE });
  const client = new GoodClient(keeper.host(), kernelId);
  await client.attach(FENCE);
  return { kernel, kernelId, client };
}

async function openReal(keeper: TestKeeper, host: KernelHost) {
  const { kernelId } = await startKernel(host);
  const client = new GoodClient(keeper.host(), kernelId);
  await client.attach(FENCE);
  const rude = await RudeClient.open(join(keeper.dataDir, 'kernels', kernelId, 'connection.json'));
  return { client, rude };
}

function sourceFor(key: string, msgType: string): BadMessageSource {
  const header = { username: 'rude', session: 'rude', date: '', msg_type: msgType, version: '5.3' };
  return { key, goodParts: (id) => [{ msg_id: id, ...header }, {}, {}, {}] };
}
