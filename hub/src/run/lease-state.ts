/**
 * Pure: the rules of one lease. A fence is never issued twice, whoever claims and whenever; the time is the store's.
 * The embedded adapter stores what these steps give; the Redis adapter's scripts say the same in Lua.
 */
import { HubId } from '@cokernel/proto/hub';
import { z } from 'zod';
import type { ClaimOutcome, PatientClaimOutcome, RenewOutcome } from './lease.js';

export const LeaseState = z.object({
  /** Null after it was given back. */
  owner: HubId.nullable(),
  /** The highest fence issued; 0 before the first. */
  fence: z.number().int().nonnegative(),
  /** After it was given back: when that was. */
  expiresAtMs: z.number(),
});
export type LeaseState = z.infer<typeof LeaseState>;

export const unclaimedLease: LeaseState = { owner: null, fence: 0, expiresAtMs: 0 };

export interface LeaseClaim {
  readonly owner: HubId;
  readonly leaseMs: number;
  readonly atLeast: number;
}

export interface LeaseStep<Answer> {
  readonly state: LeaseState;
  readonly answer: Answer;
}

export function claimLease(state: LeaseState, claim: LeaseClaim, nowMs: number): LeaseStep<ClaimOutcome> {
  const { owner, leaseMs, atLeast } = claim;
  if (state.owner !== null && state.owner !== owner && state.expiresAtMs > nowMs) {
    const expiresInMs = state.expiresAtMs - nowMs;
    return { state, answer: { outcome: 'taken', owner: state.owner, fence: state.fence, expiresInMs } };
  }
  const fence = Math.max(state.fence, atLeast) + 1;
  return { state: { owner, fence, expiresAtMs: nowMs + leaseMs }, answer: { outcome: 'claimed', fence } };
}

export function claimPatiently(
  state: LeaseState,
  claim: LeaseClaim,
  freeForMs: number,
  nowMs: number,
): LeaseStep<PatientClaimOutcome> {
  const step = claimLease(state, claim, nowMs);
  const inMs = state.expiresAtMs + freeForMs - nowMs;
  if (step.answer.outcome === 'taken' || state.owner === claim.owner || inMs <= 0) return step;
  return { state, answer: { outcome: 'notYet', inMs } };
}

/** A lease that ran out may be renewed while nobody else has claimed it: no other fence was issued. */
export function renewLease(state: LeaseState, fence: number, leaseMs: number, nowMs: number): LeaseStep<RenewOutcome> {
  if (state.owner === null || state.fence !== fence) {
    return { state, answer: { outcome: 'stale', highestFence: state.fence } };
  }
  return { state: { ...state, expiresAtMs: nowMs + leaseMs }, answer: { outcome: 'renewed' } };
}

export function releaseLease(state: LeaseState, fence: number, nowMs: number): LeaseState {
  return state.fence === fence && state.owner !== null ? { ...state, owner: null, expiresAtMs: nowMs } : state;
}
