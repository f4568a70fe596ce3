/**
 * A lease while it is held: claimed, renewed at a third of its time, given back. `onLost` is called once: when the store
 * says that the lease is another's, or in good time before it can have ended by the store's clock, also when the store
 * does not answer at all.
 */
import type { HubId } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { Right } from '../right.js';
import type { LeaseStore, LeaseSubject } from './lease.js';

export interface HeldLeaseOptions {
  readonly leases: LeaseStore;
  readonly owner: HubId;
  /** Longer than a garbage collection or a short stall; shorter than people wait for a takeover (10,000). */
  readonly leaseMs: number;
  /**
   * The right that keeps every other hub from claiming: a folder's lock, or the lease of the folder in which the subject is.
   * Then the lease is held as long as that is, and a hub that was stopped for a while, or had no store, goes on.
   * Without: it ends by the clock.
   */
  readonly within?: Right;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onWarning: (message: string) => void;
}

export interface HeldLease extends Right {
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

/** The part of its time after which a lease counts as ended: clocks drift, and timers are late. */
const SAFE_PART = 0.95;

/** Claims and keeps the lease; throws `LeaseTaken`. `atLeast`: a fence seen elsewhere. */
export async function holdLease(
  options: HeldLeaseOptions,
  subject: LeaseSubject,
  atLeast: number,
  onLost: () => void,
): Promise<HeldLease> {
  const asked = options.now();
  const claimed = await options.leases.claim(subject, options.owner, options.leaseMs, atLeast);
  if (claimed.outcome === 'taken') {
    throw new LeaseTaken(
      `another hub (${claimed.owner}) has this ${subject.kind} for at most ${String(claimed.expiresInMs)} ms`,
    );
  }
  return keepLease(options, subject, { fence: claimed.fence, asked }, onLost);
}

/** Keeps a lease that was claimed: asked for at `asked`, by the same clock. */
export function keepLease(
  options: HeldLeaseOptions,
  subject: LeaseSubject,
  { fence, asked }: { readonly fence: number; readonly asked: number },
  onLost: () => void,
): HeldLease {
  const keeping = new Keeping(options, subject, { fence, asked }, onLost);
  keeping.start();
  const giveBack = async (step: 'release' | 'forget'): Promise<void> => {
    keeping.stop();
    await options.leases[step](subject, fence).catch((error: unknown) => {
      options.onWarning(`a lease was not given back (it ends by itself): ${messageOf(error)}`);
    });
  };
  return {
    fence,
    isHeld: () => keeping.isHeld(),
    release: () => giveBack('release'),
    forget: () => giveBack('forget'),
  };
}

class Keeping {
  private readonly fence: number;
  /** When the last request was sent that the store granted: it counts from later on. */
  private granted: number;
  private renewals: NodeJS.Timeout | null = null;
  private end: NodeJS.Timeout | null = null;

  constructor(
    private readonly options: HeldLeaseOptions,
    private readonly subject: LeaseSubject,
    { fence, asked }: { readonly fence: number; readonly asked: number },
    private readonly onLost: () => void,
  ) {
    this.fence = fence;
    this.granted = asked;
  }

  start(): void {
    const { leaseMs, onWarning } = this.options;
    this.renewals = setInterval(() => {
      this.renew().catch((error: unknown) => onWarning(messageOf(error)));
    }, leaseMs / 3).unref();
    this.awaitEnd();
  }

  stop(): void {
    if (this.renewals !== null) clearInterval(this.renewals);
    if (this.end !== null) clearTimeout(this.end);
    this.renewals = null;
    this.end = null;
  }

  isHeld(): boolean {
    if (this.renewals === null) return false;
    return this.options.within?.isHeld() ?? this.remainingMs > 0;
  }

  private get remainingMs(): number {
    const { leaseMs, now } = this.options;
    return this.granted + SAFE_PART * leaseMs - now();
  }

  private awaitEnd(): void {
    if (this.options.within !== undefined) return;
    if (this.end !== null) clearTimeout(this.end);
    this.end = setTimeout(() => {
      if (this.isHeld()) this.awaitEnd();
      else this.lose();
    }, this.remainingMs).unref();
  }

  private async renew(): Promise<void> {
    const { leases, leaseMs, now, onWarning } = this.options;
    const asked = now();
    const outcome = await leases.renew(this.subject, this.fence, leaseMs).catch((error: unknown) => {
      onWarning(`a lease could not be renewed: ${messageOf(error)}`);
      return null;
    });
    if (outcome?.outcome === 'stale') this.lose();
    // What was seen as ended stays so, whatever the store answers now.
    if (outcome?.outcome !== 'renewed' || !this.isHeld()) return;
    this.granted = Math.max(this.granted, asked);
    this.awaitEnd();
  }

  private lose(): void {
    if (this.renewals === null) return;
    this.stop();
    this.onLost();
  }
}
