/**
 * Culling: shuts down kernels that nobody has used for a while, to give their memory back. Never one that works or has
 * runs waiting, never one that was not started here, and never one that did not say of itself that it is idle.
 */
import { durationText } from '../durations.js';
import { messageOf } from '../errors.js';
import type { KernelSession } from './kernel-session.js';
import type { SessionLog } from './kernel-session-options.js';
import type { KernelSessions } from './kernel-sessions.js';
import type { RunQueue } from './run-queue.js';

export interface IdleCullingOptions {
  readonly sessions: KernelSessions;
  readonly queue: RunQueue;
  /** Longer than a lunch, unless memory is scarce: who comes back finds no variables (30 minutes to a day). */
  readonly idleAfterMs: number;
  /** Is it in use, though idle: somebody has its notebook open? Then it stays. */
  readonly isWatched: (session: KernelSession) => Promise<boolean>;
  /** Ends it for all; `because` is told to them. */
  readonly end: (session: KernelSession, because: string) => Promise<void>;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

/** Often enough that a kernel ends soon after its time, seldom enough to cost nothing. */
const LOOKS_PER_SPAN = 10;
const LONGEST_PAUSE_MS = 60_000;

export class IdleCulling {
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: IdleCullingOptions) {}

  start(): void {
    const pauseMs = Math.min(this.options.idleAfterMs / LOOKS_PER_SPAN, LONGEST_PAUSE_MS);
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, pauseMs);
    this.timer.unref();
  }

  /** Resolves when nothing is being ended any more. Can be called twice. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.looking;
  }

  /** Ends what is due now. */
  async look(): Promise<void> {
    for (const session of this.options.sessions.list()) {
      await this.endIfDue(session).catch((error: unknown) => {
        const fields = { kernelId: session.kernelId, error: messageOf(error) };
        this.options.log.warn(fields, 'an idle kernel could not be ended');
      });
    }
  }

  private async endIfDue(session: KernelSession): Promise<void> {
    const { idleAfterMs, log, end } = this.options;
    if (!(await this.isDue(session)) || this.timer === null) return;
    log.info({ kernelId: session.kernelId, idleAfterMs }, 'an idle kernel is shut down');
    await end(session, `the kernel was shut down because it was idle for ${durationText(idleAfterMs)}`);
  }

  private async isDue(session: KernelSession): Promise<boolean> {
    const { clock, idleAfterMs, queue, isWatched } = this.options;
    const { status, origin } = session.view();
    if (status !== 'idle' || origin !== 'started') return false;
    if (clock().getTime() - session.lastActivity.getTime() < idleAfterMs) return false;
    const { running, queued } = await queue.snapshot(session.kernelId);
    return running === null && queued.length === 0 && !(await isWatched(session));
  }
}
