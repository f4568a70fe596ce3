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
  /**
   * Asked when nobody leads: may this hub do so at once? One that can't reach the kernels comes after those that can; when
   * nobody has led for a lease's time, it leads all the same. Never rejects.
   */
  readonly comesFirst: () => Promise<boolean>;
  /** Another hub leads; told anew whenever that may have changed. */
  readonly follow: (leader: HubId) => void;
  readonly log: SessionLog;
}

/** After the store or the beginning failed. */
const AGAIN_MS = 500;
/** Nobody leads, and others come first: they are about to. */
const LOOK_AGAIN_MS = 250;
/** What the store's clock and ours may differ by while a lease ends. */
const JUST_AFTER_MS = 5;

export class Leadership {
  private readonly wake = new Wake();
  private isStopping = false;
  private letsOthers = false;
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
    const { lease, folderId, comesFirst, follow } = this.options;
    const patient = await this.claimFreeFor(lease.leaseMs);
    const isNext = patient.claimed.outcome === 'notYet' && (await comesFirst());
    const { asked, claimed } = isNext ? await this.claimFreeFor(0) : patient;
    if (claimed.outcome === 'notYet') return this.letOthers(claimed.inMs);
    this.letsOthers = false;
    if (claimed.outcome === 'taken') {
      follow(claimed.owner);
      return claimed.expiresInMs + JUST_AFTER_MS;
    }
    const ended = new Wake();
    const held = keepLease(lease, { kind: 'folder', id: folderId }, { fence: claimed.fence, asked }, () => ended.now());
    return this.lead(held, ended);
  }

  private letOthers(inMs: number): number {
    if (!this.letsOthers) {
      this.options.log.info({ inMs }, 'this hub does not reach the kernels: others may lead before it does');
    }
    this.letsOthers = true;
    return Math.min(inMs + JUST_AFTER_MS, LOOK_AGAIN_MS);
  }

  private async claimFreeFor(freeForMs: number) {
    const { lease, folderId } = this.options;
    const asked = lease.now();
    const subject = { kind: 'folder', id: folderId } as const;
    return { asked, claimed: await lease.leases.claimPatiently(subject, lease.owner, lease.leaseMs, freeForMs) };
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
