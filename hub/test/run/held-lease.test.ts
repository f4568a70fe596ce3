/** How a lease is kept, by a clock of the test's own: what a hub may believe of it at each moment. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { holdLease, type HeldLease } from '../../src/run/held-lease.js';
import type { Right } from '../../src/right.js';
import type { LeaseStore, RenewOutcome } from '../../src/run/lease.js';
import { newFolderId, newHubId } from '../support/queued-run.js';

const LEASE_MS = 1_000;
/** The store that never answers: neither yes nor no, as one that is stopped or cut off. */
const silence = new Promise<never>(() => undefined);

let renew: jest.MockedFunction<LeaseStore['renew']>;
let claim: jest.MockedFunction<LeaseStore['claim']>;
let lost: number[];
beforeEach(() => {
  jest.useFakeTimers();
  renew = jest.fn(() => Promise.resolve<RenewOutcome>({ outcome: 'renewed' }));
  claim = jest.fn(() => Promise.resolve({ outcome: 'claimed' as const, fence: 7 }));
  lost = [];
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const notAsked = (): Promise<never> => Promise.reject(new Error('of kernels and notebooks nobody claims so'));
const nothing = (): Promise<void> => Promise.resolve();

function hold(within?: Right): Promise<HeldLease> {
  return holdLease(
    {
      leases: { claim, claimPatiently: notAsked, renew, release: nothing, forget: nothing, close: nothing },
      owner: newHubId(),
      leaseMs: LEASE_MS,
      ...(within === undefined ? {} : { within }),
      now: () => performance.now(),
      onWarning: () => undefined,
    },
    { kind: 'folder', id: newFolderId() },
    0,
    () => lost.push(performance.now()),
  );
}

/** The process does nothing for so long: the clock goes on, and no timer has run yet when it goes on. */
function stopFor(ms: number): void {
  jest.setSystemTime(Date.now() + ms);
  const now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now + ms);
}

describe('a lease that is held', () => {
  test('is held and renewed as long as the store grants it, and given back once', async () => {
    const lease = await hold();
    await jest.advanceTimersByTimeAsync(20 * LEASE_MS);
    expect(lease.isHeld()).toBe(true);
    expect(renew.mock.calls.length).toBeGreaterThanOrEqual(59);
    await lease.release();
    expect(lease.isHeld()).toBe(false);
    await jest.advanceTimersByTimeAsync(20 * LEASE_MS);
    expect(lost).toEqual([]);
  });

  test.each([
    ['does not answer', () => silence],
    ['refuses', () => Promise.reject(new Error('out of reach'))],
  ])('is lost before its time is over when the store %s, counted from when it was asked', async (_, answer) => {
    const lease = await hold();
    await jest.advanceTimersByTimeAsync(5 * LEASE_MS);
    const asked = performance.now();
    expect(await renew.mock.results.at(-1)?.value).toEqual({ outcome: 'renewed' });
    renew.mockImplementation(answer);
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    expect(lost).toHaveLength(1);
    expect(lost[0]).toBeLessThan(asked + LEASE_MS);
    expect(lease.isHeld()).toBe(false);
    await jest.advanceTimersByTimeAsync(20 * LEASE_MS);
    expect(lost).toHaveLength(1);
  });

  test('an answer that took long counts from when it was asked for', async () => {
    const began = performance.now();
    claim.mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      return { outcome: 'claimed', fence: 7 };
    });
    renew.mockImplementation(() => silence);
    const held = hold();
    await jest.advanceTimersByTimeAsync(600);
    const lease = await held;
    expect(lease.isHeld()).toBe(true);
    await jest.advanceTimersByTimeAsync(400);
    expect(lease.isHeld()).toBe(false);
    expect(lost[0]).toBeLessThan(began + LEASE_MS);
  });

  test('is not held by a process that was stopped for its time, before any timer ran and whatever comes after', async () => {
    const lease = await hold();
    stopFor(LEASE_MS);
    expect(lease.isHeld()).toBe(false);
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    expect(lease.isHeld()).toBe(false);
    expect(lost).toHaveLength(1);
  });

  test('is lost at once when the store says that it is another’s', async () => {
    const lease = await hold();
    renew.mockResolvedValue({ outcome: 'stale', highestFence: 8 });
    await jest.advanceTimersByTimeAsync(LEASE_MS / 3 + 1);
    expect(lost).toHaveLength(1);
    expect(lease.isHeld()).toBe(false);
  });

  test('within another right is held as long as that, and no clock ends it, but the store’s word does', async () => {
    let isHeld = true;
    const lease = await hold({ isHeld: () => isHeld });
    renew.mockImplementation(() => Promise.reject(new Error('out of reach')));
    await jest.advanceTimersByTimeAsync(20 * LEASE_MS);
    expect([lease.isHeld(), lost]).toEqual([true, []]);
    isHeld = false;
    expect(lease.isHeld()).toBe(false);
    isHeld = true;
    renew.mockResolvedValue({ outcome: 'stale', highestFence: 8 });
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    expect([lease.isHeld(), lost.length]).toEqual([false, 1]);
  });
});
