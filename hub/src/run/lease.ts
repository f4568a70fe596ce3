/**
 * Lease: one hub's right to one kernel, to one notebook, or to lead the hubs of one folder. Each claim gives a fence, a
 * number that only grows; whoever writes carries it, and a write with an older one is refused. All leases are separate.
 */
import type { FileId, FolderId, HubId, KernelId } from '@cokernel/proto/hub';

export type LeaseSubject =
  | { readonly kind: 'kernel'; readonly id: KernelId }
  | { readonly kind: 'notebook'; readonly id: FileId }
  | { readonly kind: 'folder'; readonly id: FolderId };

export type ClaimOutcome =
  | { readonly outcome: 'claimed'; readonly fence: number }
  /** Another hub has it for at most so long. */
  | { readonly outcome: 'taken'; readonly owner: HubId; readonly fence: number; readonly expiresInMs: number };

/** Nobody has it, but not for as long as was asked for: after `inMs` that is so. */
export type PatientClaimOutcome = ClaimOutcome | { readonly outcome: 'notYet'; readonly inMs: number };

export type RenewOutcome =
  { readonly outcome: 'renewed' } | { readonly outcome: 'stale'; readonly highestFence: number };

export interface LeaseStore {
  /**
   * Claims for `leaseMs`. A claim of the owner's own lease renews it under a new fence. The fence is above every one
   * issued before and above `atLeast` (a fence seen elsewhere, 0 when none was).
   */
  claim(subject: LeaseSubject, owner: HubId, leaseMs: number, atLeast: number): Promise<ClaimOutcome>;
  /** Claims what nobody, or this owner, has had for the last `freeForMs`: those who have more right to it come first. */
  claimPatiently(subject: LeaseSubject, owner: HubId, leaseMs: number, freeForMs: number): Promise<PatientClaimOutcome>;
  /** Puts the end off by `leaseMs` from now, by the store's clock. */
  renew(subject: LeaseSubject, fence: number, leaseMs: number): Promise<RenewOutcome>;
  /** Gives it back; a stale fence changes nothing. */
  release(subject: LeaseSubject, fence: number): Promise<void>;
  /** The subject is gone for good, and its id is never used again: keeps nothing of its lease; a stale fence changes nothing. */
  forget(subject: LeaseSubject, fence: number): Promise<void>;
  /** Stops the adapter's connections and timers. Can be called twice. */
  close(): Promise<void>;
}
