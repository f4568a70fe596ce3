/**
 * KernelLink: keeps one session attached to its kernel. When the way to the host breaks (its keeper died), it attaches
 * again where it was as soon as there is a host again, until it is stopped or the kernel is gone; the session is told
 * `hostLost`, then what the host kept, then `hostFound`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { HostedKernel, KernelHost, KernelHostEvent } from '../kernel/kernel-host.js';
import { KernelHostError } from '../kernel/kernel-host.js';
import type { KernelSession } from './kernel-session.js';
import type { SessionLog } from './kernel-session-options.js';

export interface KernelLinkOptions {
  readonly host: KernelHost;
  readonly session: KernelSession;
  readonly fence: number;
  /** Between two attempts: a keeper needs some tenths of a second to start. */
  readonly retryMs: number;
  readonly log: SessionLog;
}

export class KernelLink {
  private stopped = false;

  constructor(private readonly options: KernelLinkOptions) {}

  /** To a kernel that was just started: all that it says, from the first word on. */
  async begin(): Promise<void> {
    await this.attach(0, () => null);
  }

  /** To a kernel that ran before: what the session has not heard of it, then what comes. */
  async goOn(known: HostedKernel): Promise<void> {
    const { session } = this.options;
    const { journalId, seq } = session.heardUpTo;
    const isSame = journalId === known.journalId;
    if (!isSame && journalId !== '') session.journalLost();
    const fromSeq = isSame ? seq : 0;
    await this.attach(fromSeq, (hosted) => (fromSeq < hosted.lastSeq ? hosted : this.found(hosted)));
  }

  /**
   * Attaches no more, and tells the session nothing: one that follows does. What is attached is the session's to end.
   * Can be called twice.
   */
  stop(): void {
    this.stopped = true;
  }

  /** `replayed`: the kernel as it was when it was attached, while what the host kept is still to be told. */
  private async attach(fromSeq: number, replayed: (hosted: HostedKernel) => HostedKernel | null): Promise<void> {
    const { host, session, fence } = this.options;
    // What the kernel says is heard only when the session can answer it.
    const early: KernelHostEvent[] = [];
    let hear = (event: KernelHostEvent): void => void early.push(event);
    // A room that nobody is in closes soon.
    const wantsUsage = (): boolean => session.listenerCount > 0;
    const options = { fromSeq, fence, wantsUsage };
    const { hosted, kernel } = await host.attach(session.kernelId, options, (event) => hear(event));
    session.attached(kernel, fence, hosted.journalId);
    let replay = replayed(hosted);
    hear = (event) => {
      if (this.stopped) return;
      session.hostEvent(event);
      if (replay !== null && lastSeqOf(event) >= replay.lastSeq) replay = this.found(replay);
      if (event.type === 'detached') this.attachAgain();
    };
    for (const event of early) hear(event);
  }

  private found(hosted: HostedKernel): null {
    this.options.session.hostFound(hosted);
    return null;
  }

  private attachAgain(): void {
    this.untilAttached().catch((error: unknown) => {
      const { log, session } = this.options;
      log.error({ error, kernelId: session.kernelId }, 'a kernel was given up');
      session.hostGone(`the way to the kernel is lost: ${messageOf(error)}`);
    });
  }

  /** Rejects when another hub owns the kernel. */
  private async untilAttached(): Promise<void> {
    const { log, session, retryMs } = this.options;
    while (!this.stopped) {
      try {
        await this.lookForIt();
        return;
      } catch (error) {
        if (error instanceof KernelHostError && error.code === 'staleFence') throw error;
        log.warn({ kernelId: session.kernelId, reason: messageOf(error) }, 'the kernel is out of reach');
      }
      await delay(retryMs);
    }
  }

  private async lookForIt(): Promise<void> {
    const { host, session } = this.options;
    const hosted = (await host.kernels()).find(({ kernelId }) => kernelId === session.kernelId);
    if (this.stopped) return;
    if (hosted === undefined) session.hostGone('its keeper has ended, and the kernel with it');
    else await this.goOn(hosted);
  }
}

/** How far a journal was told by this event; -1 for what stands in none. */
function lastSeqOf(event: KernelHostEvent): number {
  if (event.type === 'gap') return event.toSeq - 1;
  return 'seq' in event ? event.seq : -1;
}
