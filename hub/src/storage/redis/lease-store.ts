/** The leases in Redis: each step is one Lua script, and the time is Redis's own, the same for all hubs. */
import { HubId } from '@cokernel/proto/hub';
import { z } from 'zod';
import type { ClaimOutcome, LeaseStore, LeaseSubject, PatientClaimOutcome, RenewOutcome } from '../../run/lease.js';
import { claimKeys, leaseKey } from './keys.js';
import type { RedisConnection } from './redis-connection.js';

const StoredClaim: z.ZodType<ClaimOutcome> = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('claimed'), fence: z.number().int() }),
  z.object({ outcome: z.literal('taken'), owner: HubId, fence: z.number().int(), expiresInMs: z.number() }),
]);
const StoredPatientClaim: z.ZodType<PatientClaimOutcome> = z.union([
  StoredClaim,
  z.object({ outcome: z.literal('notYet'), inMs: z.number() }),
]);
const StoredRenewal: z.ZodType<RenewOutcome> = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('renewed') }),
  z.object({ outcome: z.literal('stale'), highestFence: z.number().int() }),
]);

export class RedisLeaseStore implements LeaseStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async claim(subject: LeaseSubject, owner: HubId, leaseMs: number, atLeast: number): Promise<ClaimOutcome> {
    return StoredClaim.parse(await this.#claim(subject, [owner, leaseMs, atLeast, 0]));
  }

  async claimPatiently(
    subject: LeaseSubject,
    owner: HubId,
    leaseMs: number,
    freeForMs: number,
  ): Promise<PatientClaimOutcome> {
    return StoredPatientClaim.parse(await this.#claim(subject, [owner, leaseMs, 0, freeForMs]));
  }

  async renew(subject: LeaseSubject, fence: number, leaseMs: number): Promise<RenewOutcome> {
    const args = [String(fence), String(leaseMs)];
    return StoredRenewal.parse(JSON.parse(await this.#connection.run('renew-lease', [leaseKey(subject)], args)));
  }

  async release(subject: LeaseSubject, fence: number): Promise<void> {
    await this.#connection.run('release-lease', [leaseKey(subject)], [String(fence)]);
  }

  async forget(subject: LeaseSubject, fence: number): Promise<void> {
    await this.#connection.run('forget-lease', [leaseKey(subject)], [String(fence)]);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #claim(subject: LeaseSubject, args: readonly (string | number)[]): Promise<unknown> {
    return JSON.parse(await this.#connection.run('claim-lease', claimKeys(subject), args.map(String))) as unknown;
  }
}
