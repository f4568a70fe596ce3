/** What every LeaseStore must do, whatever keeps it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LeaseSubject } from '../../src/run/lease.js';
import { newFileId, newFolderId, newHubId, newKernelId } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';
import type { QueueStore } from './run-queue-contract.js';

export function leaseContract(openStore: () => Promise<QueueStore>): void {
  let store: QueueStore;
  const [ann, ben] = [newHubId(), newHubId()];
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(async () => {
    await store.close();
  });
  const newSubject = (): LeaseSubject => ({ kind: 'kernel', id: newKernelId() });

  test('a lease has one owner, and another hub is told who and for how long', async () => {
    const subject = newSubject();
    expect(await store.leases.claim(subject, ann, 60_000, 0)).toEqual({ outcome: 'claimed', fence: 1 });
    const taken = await store.leases.claim(subject, ben, 60_000, 0);
    expect(taken).toMatchObject({ outcome: 'taken', owner: ann, fence: 1 });
    if (taken.outcome !== 'taken') throw new Error('unreachable');
    expect(taken.expiresInMs).toBeGreaterThan(0);
    expect(taken.expiresInMs).toBeLessThanOrEqual(60_000);
  });

  test('of claims at the same moment one wins', async () => {
    const subject = newSubject();
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => store.leases.claim(subject, newHubId(), 60_000, 0)),
    );
    expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
  });

  test('each claim, the own lease again included, has a fence above all before and above one seen elsewhere', async () => {
    const subject = newSubject();
    expect(await store.leases.claim(subject, ann, 60_000, 0)).toMatchObject({ fence: 1 });
    expect(await store.leases.claim(subject, ann, 60_000, 0)).toMatchObject({ fence: 2 });
    expect(await store.leases.claim(subject, ann, 60_000, 77)).toMatchObject({ fence: 78 });
    expect(await store.leases.claim(subject, ann, 60_000, 5)).toMatchObject({ fence: 79 });
    await store.leases.release(subject, 79);
    expect(await store.leases.claim(subject, ben, 60_000, 0)).toEqual({ outcome: 'claimed', fence: 80 });
  });

  test('a lease that ran out goes to the next, and its former owner is told so', async () => {
    const subject = newSubject();
    await store.leases.claim(subject, ann, 30, 0);
    await waitUntil('the lease has run out', async () => {
      const claim = await store.leases.claim(subject, ben, 60_000, 0);
      return claim.outcome === 'claimed' && claim.fence === 2;
    });
    expect(await store.leases.renew(subject, 1, 60_000)).toEqual({ outcome: 'stale', highestFence: 2 });
  });

  test('renewing puts the end off, also when it has passed and nobody else has claimed', async () => {
    const subject = newSubject();
    await store.leases.claim(subject, ann, 0, 0);
    expect(await store.leases.renew(subject, 1, 60_000)).toEqual({ outcome: 'renewed' });
    expect(await store.leases.claim(subject, ben, 60_000, 0)).toMatchObject({ outcome: 'taken' });
  });

  test('a lease given back is free and can not be renewed; a stale fence gives nothing back', async () => {
    const subject = newSubject();
    await store.leases.claim(subject, ann, 60_000, 0);
    await store.leases.release(subject, 0);
    expect(await store.leases.claim(subject, ben, 60_000, 0)).toMatchObject({ outcome: 'taken' });
    await store.leases.release(subject, 1);
    await store.leases.release(subject, 1);
    expect(await store.leases.renew(subject, 1, 60_000)).toEqual({ outcome: 'stale', highestFence: 1 });
    expect(await store.leases.claim(subject, ben, 60_000, 0)).toEqual({ outcome: 'claimed', fence: 2 });
  });

  test('[X7] who claims patiently gets what was free for so long: never claimed, run out or given back; and who had it last, at once', async () => {
    const [subject, other] = [newSubject(), newSubject()];
    expect(await store.leases.claimPatiently(subject, ann, 60_000, 60_000)).toEqual({ outcome: 'claimed', fence: 1 });
    expect(await store.leases.claimPatiently(subject, ben, 60_000, 60_000)).toMatchObject({
      outcome: 'taken',
      owner: ann,
    });
    await store.leases.release(subject, 1);
    const notYet = await store.leases.claimPatiently(subject, ben, 60_000, 60_000);
    if (notYet.outcome !== 'notYet') throw new Error(`it was ${notYet.outcome}`);
    expect(notYet.inMs).toBeGreaterThan(0);
    expect(notYet.inMs).toBeLessThanOrEqual(60_000);
    await store.leases.claim(other, ann, 1, 0);
    await waitUntil('it has run out', async () => {
      const { outcome } = await store.leases.claimPatiently(other, ben, 60_000, 60_000);
      return outcome === 'notYet';
    });
    expect(await store.leases.claimPatiently(other, ann, 60_000, 60_000)).toEqual({ outcome: 'claimed', fence: 2 });
    await store.leases.release(other, 2);
    await waitUntil('it was free for long enough', async () => {
      const { outcome } = await store.leases.claimPatiently(other, ben, 60_000, 20);
      return outcome === 'claimed';
    });
    // Who need not wait does not.
    expect(await store.leases.claim(subject, ben, 60_000, 0)).toEqual({ outcome: 'claimed', fence: 2 });
  });

  test('of a lease whose subject is gone nothing is kept; a stale fence forgets nothing', async () => {
    const subject = newSubject();
    await store.leases.claim(subject, ann, 60_000, 40);
    await store.leases.forget(subject, 40);
    expect(await store.leases.claim(subject, ben, 60_000, 0)).toMatchObject({ outcome: 'taken' });
    await store.leases.forget(subject, 41);
    expect(await store.leases.renew(subject, 41, 60_000)).toEqual({ outcome: 'stale', highestFence: 0 });
    await store.leases.forget(subject, 41);
  });

  test('leases of kernels, notebooks and folders are apart, and one that was never claimed is nobody’s', async () => {
    const id = newKernelId();
    await store.leases.claim({ kind: 'kernel', id }, ann, 60_000, 0);
    const others: LeaseSubject[] = [
      { kind: 'notebook', id: newFileId(id) },
      { kind: 'folder', id: newFolderId(id) },
    ];
    for (const other of others) {
      expect(await store.leases.renew(other, 0, 60_000)).toEqual({ outcome: 'stale', highestFence: 0 });
      expect(await store.leases.claim(other, ben, 60_000, 0)).toEqual({ outcome: 'claimed', fence: 1 });
      expect(await store.leases.claim(other, ann, 60_000, 0)).toMatchObject({ outcome: 'taken', owner: ben });
    }
  });

  test('no fence is issued again after the store was closed and opened', async () => {
    const subject = newSubject();
    await store.leases.claim(subject, ann, 60_000, 9);
    await store.close();
    store = await openStore();
    expect(await store.leases.claim(subject, ben, 60_000, 0)).toMatchObject({ outcome: 'taken', fence: 10 });
    expect(await store.leases.claim(subject, ann, 60_000, 0)).toEqual({ outcome: 'claimed', fence: 11 });
  });
}
