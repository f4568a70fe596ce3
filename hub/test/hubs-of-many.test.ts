/** Many hubs with two keepers, which stand for two machines: which of them leads when the one that did is gone. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { createClient } from 'redis';
import { z } from 'zod';
import { freePort } from '../../test/end-to-end/support/free-port.js';
import { HubsOfATest } from './support/hubs-of-a-test.js';
import { type RedisServer, startRedisServer } from './support/redis-server.js';
import { TOKEN, kernelsOf, writeCells } from './support/test-hub.js';
import type { TestHub } from './support/test-hub.js';
import { waitUntil } from './support/wait-until.js';

const SLOW_MS = 120_000;

let all: HubsOfATest;
let server: RedisServer;
let redis: ReturnType<typeof createClient>;

beforeEach(async () => {
  server = await startRedisServer();
  redis = createClient({ url: server.url });
  await redis.connect();
  all = await HubsOfATest.make();
  await writeCells(all.place, 'a.ipynb', 'x = 42', 'print("x", x)');
}, SLOW_MS);

afterEach(async () => {
  await all.end();
  redis.destroy();
  await server.remove();
}, SLOW_MS);

/** One of the folder's hubs, with the kernels of that machine. */
async function hubOn(machine: string, leaseMs: number): Promise<TestHub> {
  const port = String(await freePort());
  return all.startIn(
    {
      REDIS_URL: server.url,
      COKERNEL_TOKEN: TOKEN,
      COKERNEL_PEER_ADDRESS: `http://127.0.0.1:${port}`,
      COKERNEL_LEASE_MS: String(leaseMs),
      COKERNEL_KEEPER_DATA: path.join(all.place.data, machine),
    },
    '--port',
    port,
  );
}

/** The pid of who leads, as this hub knows it. */
async function leaderBy(hub: TestHub): Promise<number | null> {
  const { status, json } = await hub.rest('GET', '/api/hub/status');
  return status === 200 ? z.object({ pid: z.number() }).parse(json).pid : null;
}

const leads = (leader: TestHub, seenBy: TestHub = leader): Promise<void> =>
  waitUntil('it leads', async () => (await leaderBy(seenBy)) === leader.pid);

const folder = async (): Promise<string> =>
  `cokernel:{f:${z.object({ folder: z.string() }).parse(JSON.parse((await redis.get('cokernel:folder')) ?? '')).folder}}`;

/** The others have been told which kernels live. */
async function kernelsAreKnown(count: number): Promise<void> {
  const texts = `${await folder()}:texts`;
  const known = async (): Promise<unknown[]> =>
    JSON.parse((await redis.hGet(texts, 'living-kernels')) ?? '[]') as unknown[];
  await waitUntil('the kernels are known', async () => (await known()).length === count);
}

/** For long enough that another would have led by now, had it not waited. */
async function leaseHasRunOut(): Promise<void> {
  const lease = `${await folder()}:lease`;
  await waitUntil(
    'the lease has run out',
    async () => Number(await redis.hGet(lease, 'expiresAtMs')) + 700 < Date.now(),
  );
}

describe('a hub that would serve the folder alone', () => {
  test(
    '[P57] is refused as long as one of many lives, with whatever data folder; it begins when none gives a sign, and they wait until it is gone',
    async () => {
      const ofMany = await hubOn('one', 500);
      await leads(ofMany);
      const elsewhere = all.startIn({ COKERNEL_DATA: path.join(all.place.data, 'other') });
      await expect(elsewhere).rejects.toThrow(/ended with 1: cokernel: hubs that are one .* serve '.*served' now/);

      process.kill(ofMany.pid, 'SIGSTOP');
      const alone = await all.start();
      process.kill(ofMany.pid, 'SIGCONT');
      await waitUntil('it says why it does not lead', () =>
        ofMany.stderr().includes('serves the folder alone: end it'),
      );
      expect(await leaderBy(alone)).toBe(alone.pid);
      await alone.stop('SIGTERM');
      await leads(ofMany);
    },
    SLOW_MS,
  );
});

describe('when the hub that leads is gone', () => {
  test(
    '[P56] [X7] one that reaches its kernels leads, though another was there first; when none does, that one, and the kernel is said to be gone',
    async () => {
      const first = await hubOn('one', 3_000);
      await leads(first);
      const ann = await all.join(first, 'a.ipynb', 'Ann');
      expect(await ann.ran('c0')).toBe('succeeded');
      const [kernel] = await kernelsOf(first);
      await kernelsAreKnown(1);
      const [near, far] = [await hubOn('one', 3_000), await hubOn('two', 3_000)];
      for (const hub of [near, far]) await leads(first, hub);

      process.kill(near.pid, 'SIGSTOP');
      process.kill(first.pid, 'SIGKILL');
      await leaseHasRunOut();
      process.kill(near.pid, 'SIGCONT');
      await leads(near, far);
      expect(await kernelsOf(far)).toMatchObject([{ kernelId: kernel?.kernelId }]);
      const ben = await all.join(far, 'a.ipynb', 'Ben');
      expect(await ben.ran('c1')).toBe('succeeded');
      expect(ben.output('c1')).toContain('x 42');

      process.kill(near.pid, 'SIGKILL');
      await leads(far);
      const welcome = await (await all.join(far, 'a.ipynb')).hello('Cleo');
      expect(welcome).toMatchObject({ kernel: null, kernelGone: expect.stringContaining('machine') });
      await kernelsAreKnown(0);
    },
    SLOW_MS,
  );

  test(
    '[P56] none that reaches its kernels waits, nor any when there are none',
    async () => {
      // Who waited for a lease would wait longer than this test.
      const leaseMs = 600_000;
      const first = await hubOn('one', leaseMs);
      await leads(first);
      const second = await hubOn('one', leaseMs);
      await leads(first, second);
      await (await all.join(first, 'a.ipynb', 'Ann')).ran('c0');
      await kernelsAreKnown(1);
      await first.stop('SIGTERM');
      await leads(second);
      const third = await hubOn('two', leaseMs);
      await leads(second, third);
      const [kernel] = await kernelsOf(second);
      await second.rest('DELETE', `/api/kernels/${String(kernel?.kernelId)}`);
      await second.stop('SIGTERM');
      await leads(third);
    },
    SLOW_MS,
  );
});
