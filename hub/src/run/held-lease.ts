/**
 * A lease while it is held: claimed, renewed at a third of its time, given back. `onLost` is called once, before the
 * lease can have ended by the store's clock, when it could not be renewed.
 */
import type { HubId } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { LeaseStore, LeaseSubject } from './lease.js';

export interface HeldLeaseOptions {
  readonly leases: LeaseStore;
  readonly owner: HubId;
  /** Longer than a garbage collection or a short stall; shorter than people wait for a takeover (10,000). */
  readonly leaseMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onWarning: (message: string) => void;
}

export interface HeldLease {
  readonly fence: number;
  /** Gives it back. Can be called twice. */
  release(): Promise<void>;
  /** Gives it back for good: its subject is gone. */
  forget(): Promise<void>;
}

/** Another hub has it. */
class LeaseTaken extends Error {
  override readonly name = 'LeaseTaken';
}

/** Claims and keeps the lease; throws `LeaseTaken`. `atLeast`: a fence seen elsewhere. */
export async function holdLease(
  options: HeldLeaseOptions,
  subject: LeaseSubject,
  atLeast: number,
  onLost: () => void,
): Promise<HeldLease> {
  const claimed = await options.leases.claim(subject, options.owner, options.leaseMs, atLeast);
  if (claimed.outcome === 'taken') {
    throw new LeaseTaken(
      `another hub (${claimed.owner}) has this ${subject.kind} for at most ${String(claimed.expiresInMs)} ms`,
    );
  }
  const renewal = renewing(options, subject, claimed.fence, onLost);
  const giveBack = async (step: 'release' | 'forget'): Promise<void> => {
    renewal.stop();
    await options.leases[step](subject, claimed.fence).catch((error: unknown) => {
      options.onWarning(`a lease was not given back (it ends by itself): ${messageOf(error)}`);
    });
  };
  return { fence: claimed.fence, release: () => giveBack('release'), forget: () => giveBack('forget') };
}

function renewing(
  options: HeldLeaseOptions,
  subject: LeaseSubject,
  fence: number,
  onLost: () => void,
): { stop(): void } {
  let good = options.now();
  let timer: NodeJS.Timeout | null = null;
  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  const lost = (): void => {
    if (timer === null) return;
    stop();
    onLost();
  };
  const renew = async (): Promise<void> => {
    const asked = options.now();
    const outcome = await options.leases.renew(subject, fence, options.leaseMs).catch((error: unknown) => {
      options.onWarning(`a lease could not be renewed: ${messageOf(error)}`);
      return null;
    });
    if (outcome?.outcome === 'renewed') good = asked;
    if (outcome?.outcome === 'stale' || options.now() - good >= options.leaseMs) lost();
  };
  timer = setInterval(() => {
    renew().catch((error: unknown) => options.onWarning(messageOf(error)));
  }, options.leaseMs / 3);
  timer.unref();
  return { stop };
}
