/** Who leads the hubs of a folder: several contenders, each with leases of a real Redis. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FolderId, HubId } from '@cokernel/proto/hub';
import { Leadership } from '../../src/cluster/leadership.js';
import type { LeaseStore } from '../../src/run/lease.js';
import type { RedisStore } from '../../src/storage/redis/open-redis-store.js';
import { openRedis } from '../support/open-redis.js';
import { newFolderId, newHubId } from '../support/queued-run.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';

let server: RedisServer;
let redis: RedisStore;

beforeAll(async () => {
  server = await startRedisServer();
  redis = await openRedis(server.url);
});

afterAll(async () => {
  await redis.close();
  await server.remove();
});

/** What contenders did, in the order in which they did it. */
let story: string[];
let folderId: FolderId;
let contenders: Contender[];

class Contender {
  readonly hubId: HubId = newHubId();
  isLeading = false;
  fence = 0;
  lastFollowed: HubId | null = null;
  readonly leadership: Leadership;

  constructor(
    readonly name: string,
    { leases = redis.leases, leaseMs = 400, begin = (): Promise<void> => Promise.resolve(), comesFirst = true } = {},
  ) {
    this.leadership = new Leadership({
      folderId,
      lease: { leases, owner: this.hubId, leaseMs, now: () => performance.now(), onWarning: () => undefined },
      begin: async ({ fence }) => {
        await begin();
        this.isLeading = true;
        this.fence = fence;
        story.push(`${name} begins`);
        return {
          end: async (isLost) => {
            story.push(`${name} ${isLost ? 'has lost it' : 'ends'}`);
            this.isLeading = false;
            // To store and to save takes its time.
            if (isLost) return;
            await pause(100);
            story.push(`${name} has stored`);
          },
          ended: () => undefined,
        };
      },
      comesFirst: () => Promise.resolve(comesFirst),
      follow: (leader) => {
        this.lastFollowed = leader;
      },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    contenders.push(this);
    this.leadership.start();
  }
}

beforeEach(() => {
  story = [];
  contenders = [];
  folderId = newFolderId();
});

afterEach(async () => {
  await Promise.all(contenders.map(({ leadership }) => leadership.stop()));
});

const leads = (contender: Contender): Promise<void> => waitUntil(`${contender.name} leads`, () => contender.isLeading);

describe('[P56] of hubs that contend for a folder', () => {
  test('one leads, as long as it renews, and the others know who', async () => {
    const all = ['a', 'b', 'c'].map((name) => new Contender(name));
    await waitUntil(
      'one leads and two follow',
      () => all.filter(({ lastFollowed }) => lastFollowed !== null).length === 2,
    );
    // Longer than its lease.
    await pause(1_200);
    const [leader, ...none] = all.filter(({ isLeading }) => isLeading);
    expect(none).toEqual([]);
    expect(story).toEqual([`${String(leader?.name)} begins`]);
    for (const follower of all.filter((one) => one !== leader)) expect(follower.lastFollowed).toBe(leader?.hubId);
  });

  test('the next begins as soon as one has stopped, not before all that it did has ended, and under a higher fence', async () => {
    const first = new Contender('first', { leaseMs: 600_000 });
    await leads(first);
    const second = new Contender('second', { leaseMs: 600_000 });
    await waitUntil('the second follows', () => second.lastFollowed === first.hubId);
    const knocking = setInterval(() => second.leadership.claimNow(), 5);
    await first.leadership.stop();
    await leads(second);
    clearInterval(knocking);
    expect(story).toEqual(['first begins', 'first ends', 'first has stored', 'second begins']);
    expect(second.fence).toBeGreaterThan(first.fence);
  });

  test('one whose store does not answer ends before another can begin, and contends again later', async () => {
    let isCut = false;
    /** Longer than a lease, as a Redis that is cut off. */
    const late = async (): Promise<never> => {
      await pause(1_500);
      throw new Error('no answer');
    };
    const leases: LeaseStore = {
      claim: (...args) => (isCut ? late() : redis.leases.claim(...args)),
      claimPatiently: (...args) => (isCut ? late() : redis.leases.claimPatiently(...args)),
      renew: (...args) => (isCut ? late() : redis.leases.renew(...args)),
      release: (...args) => redis.leases.release(...args),
      forget: (...args) => redis.leases.forget(...args),
      close: () => Promise.resolve(),
    };
    const cut = new Contender('cut', { leases });
    await leads(cut);
    const other = new Contender('other');
    isCut = true;
    await leads(other);
    expect(story.slice(0, 2)).toEqual(['cut begins', 'cut has lost it']);
    expect(story.filter((line) => line.endsWith('begins'))).toEqual(['cut begins', 'other begins']);
  });

  test('[X7] one that can not reach the kernels comes after those that can, and leads when none has led for a lease', async () => {
    const first = new Contender('first', { leaseMs: 600_000 });
    await leads(first);
    const far = new Contender('far', { leaseMs: 2_000, comesFirst: false });
    await waitUntil('it follows', () => far.lastFollowed === first.hubId);
    await first.leadership.stop();
    far.leadership.claimNow();
    const near = new Contender('near', { leaseMs: 2_000 });
    await leads(near);
    await waitUntil('the other follows', () => far.lastFollowed === near.hubId);
    await near.leadership.stop();
    const freeSince = performance.now();
    const knocking = setInterval(() => far.leadership.claimNow(), 5);
    await leads(far);
    clearInterval(knocking);
    expect(performance.now() - freeSince).toBeGreaterThan(1_800);
    expect(story.filter((line) => line.endsWith('begins'))).toEqual(['first begins', 'near begins', 'far begins']);
  });

  test('one that can not begin gives the folder back and tries again', async () => {
    let failures = 2;
    const begin = (): Promise<void> => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error('the disk is away')) : Promise.resolve();
    };
    const unlucky = new Contender('unlucky', { begin, leaseMs: 600_000 });
    await leads(unlucky);
    expect(story).toEqual(['unlucky begins']);
    expect(unlucky.fence).toBe(3);
  });
});
