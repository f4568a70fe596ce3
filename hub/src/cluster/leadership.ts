/**
 * Leadership: the one hub of a folder that serves it (decision 0030). Whoever has the folder's lease leads as long as it is
 * held; the others follow, and claim it again when it may have ended.
 *
 * It guarantees: never two terms of this hub at once; a term has ended, with all that it began, before the next is claimed.
 */
import type { FolderId, HubId } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { HeldLease, HeldLeaseOptions } from '../run/held-lease.js';
import { keepLease } from '../run/held-lease.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import { Wake } from './wake.js';

/** The time in which this hub leads. */
interface LedTerm {
  /** Ends what was begun. `isLost`: another hub may lead already. */
  end(isLost: boolean): Promise<void>;
  /** The lease was given back, and another hub may claim it. */
  ended(): void;
}

export interface LeadershipOptions {
  readonly lease: HeldLeaseOptions;
  readonly folderId: FolderId;
  /** Begins to serve the folder; a beginning that fails gives the lease back. */
  readonly begin: (lease: HeldLease) => Promise<LedTerm>;
  /** Another hub leads; told anew whenever that may have changed. */
  readonly follow: (leader: HubId) => void;
  readonly log: SessionLog;
}

/** After the store or the beginning failed. */
const AGAIN_MS = 500;
/** What the store's clock and ours may differ by while a lease ends. */
const JUST_AFTER_MS = 5;

export class Leadership {
  private readonly wake = new Wake();
  private isStopping = false;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: LeadershipOptions) {}

  start(): void {
    this.running = this.campaign();
  }

  /** The lease may be free: claims it now rather than later. */
  claimNow(): void {
    this.wake.now();
  }

  /** Ends a term in order, so that the next hub finds all stored, and claims no more. Can be called twice. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake.now();
    await this.running;
  }

  private async campaign(): Promise<void> {
    while (!this.isStopping) {
      const restMs = await this.claim().catch((error: unknown) => {
        this.options.log.warn({ error: messageOf(error) }, 'this hub could not claim its folder, or begin to serve it');
        return AGAIN_MS;
      });
      if (!this.isStopping) await this.wake.within(restMs);
    }
  }

  /** One attempt, and the whole term when it is granted. Answers how long to rest before the next. */
  private async claim(): Promise<number> {
    const { lease, folderId } = this.options;
    const asked = lease.now();
    const claimed = await lease.leases.claim({ kind: 'folder', id: folderId }, lease.owner, lease.leaseMs, 0);
    if (claimed.outcome === 'taken') {
      this.options.follow(claimed.owner);
      return claimed.expiresInMs + JUST_AFTER_MS;
    }
    const ended = new Wake();
    const held = keepLease(lease, { kind: 'folder', id: folderId }, { fence: claimed.fence, asked }, () => ended.now());
    return this.lead(held, ended);
  }

  private async lead(held: HeldLease, ended: Wake): Promise<number> {
    const { begin, log } = this.options;
    const { fence } = held;
    log.info({ fence }, 'this hub leads its folder');
    const term = await begin(held).catch(async (error: unknown) => {
      await held.release();
      throw error;
    });
    await this.untilItEnds(held, ended);
    const isLost = !held.isHeld();
    await term.end(isLost);
    await held.release();
    term.ended();
    log.info({ fence, isLost }, 'this hub leads its folder no more');
    return 0;
  }

  private async untilItEnds(held: HeldLease, ended: Wake): Promise<void> {
    while (!this.isStopping && held.isHeld()) await Promise.race([ended.within(AGAIN_MS), this.wake.within(AGAIN_MS)]);
  }
}
