/**
 * The leases in LMDB. One hub alone uses them, so nobody contends; they are kept all the same, for their fences: a
 * fence issued before a restart is never issued again. How long a lease still holds is not written: it matters only
 * while this hub lives, and a full disk must not end it.
 */
import type { HubId } from '@cokernel/proto/hub';
import type { ClaimOutcome, LeaseStore, LeaseSubject, PatientClaimOutcome, RenewOutcome } from '../../run/lease.js';
import {
  claimLease,
  claimPatiently,
  LeaseState,
  releaseLease,
  renewLease,
  unclaimedLease,
} from '../../run/lease-state.js';
import { QueueUnavailable } from '../../run/run-queue.js';
import type { StepLine } from '../step-line.js';
import { committed, type LmdbRoot } from './lmdb-database.js';

export interface EmbeddedLeaseStoreOptions {
  readonly root: LmdbRoot;
  /** Shared with the run queue. */
  readonly line: StepLine;
  /** The store's clock, in milliseconds. */
  readonly nowMs: () => number;
}

export class EmbeddedLeaseStore implements LeaseStore {
  readonly #options: EmbeddedLeaseStoreOptions;
  /** The leases that were renewed since they were written. */
  readonly #renewed = new Map<string, LeaseState>();
  #closed = false;

  constructor(options: EmbeddedLeaseStoreOptions) {
    this.#options = options;
  }

  claim(subject: LeaseSubject, owner: HubId, leaseMs: number, atLeast: number): Promise<ClaimOutcome> {
    return this.#inLine(subject, async () => {
      const before = this.#load(subject);
      const { state, answer } = claimLease(before, { owner, leaseMs, atLeast }, this.#options.nowMs());
      await this.#store(subject, before, state);
      return answer;
    });
  }

  claimPatiently(
    subject: LeaseSubject,
    owner: HubId,
    leaseMs: number,
    freeForMs: number,
  ): Promise<PatientClaimOutcome> {
    return this.#inLine(subject, async () => {
      const before = this.#load(subject);
      const claim = { owner, leaseMs, atLeast: 0 };
      const { state, answer } = claimPatiently(before, claim, freeForMs, this.#options.nowMs());
      await this.#store(subject, before, state);
      return answer;
    });
  }

  renew(subject: LeaseSubject, fence: number, leaseMs: number): Promise<RenewOutcome> {
    return this.#inLine(subject, () => {
      const { state, answer } = renewLease(this.#load(subject), fence, leaseMs, this.#options.nowMs());
      if (answer.outcome === 'renewed') this.#renewed.set(nameOf(subject), state);
      return answer;
    });
  }

  release(subject: LeaseSubject, fence: number): Promise<void> {
    return this.#inLine(subject, async () => {
      const before = this.#load(subject);
      await this.#store(subject, before, releaseLease(before, fence, this.#options.nowMs()));
    });
  }

  forget(subject: LeaseSubject, fence: number): Promise<void> {
    return this.#inLine(subject, async () => {
      if (this.#load(subject).fence !== fence) return;
      await committed([this.#options.root.remove(keyOf(subject))]);
      this.#renewed.delete(nameOf(subject));
    });
  }

  /** The highest fence issued for the subject; 0 before the first. */
  highestFence(subject: LeaseSubject): number {
    return this.#load(subject).fence;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#options.line.idle();
  }

  #inLine<Answer>(subject: LeaseSubject, step: () => Promise<Answer> | Answer): Promise<Answer> {
    if (this.#closed) return Promise.reject(new QueueUnavailable('The store of leases is closed.'));
    return this.#options.line.pass(subject.id, step);
  }

  #load(subject: LeaseSubject): LeaseState {
    const renewed = this.#renewed.get(nameOf(subject));
    if (renewed !== undefined) return renewed;
    const stored = this.#options.root.get(keyOf(subject));
    return stored === undefined ? unclaimedLease : LeaseState.parse(stored);
  }

  async #store(subject: LeaseSubject, before: LeaseState, after: LeaseState): Promise<void> {
    if (after === before) return;
    try {
      await committed([this.#options.root.put(keyOf(subject), after)]);
    } catch (error) {
      throw new QueueUnavailable('The store of leases could not be written.', { cause: error });
    }
    this.#renewed.delete(nameOf(subject));
  }
}

function keyOf(subject: LeaseSubject): string[] {
  return ['lease', subject.kind, subject.id];
}

function nameOf({ kind, id }: LeaseSubject): string {
  return `${kind} ${id}`;
}
