/**
 * Which kernels live, as the hubs of a folder tell each other: who leads says so, and whoever would lead next asks whether it
 * can reach one of them. Said now and then rather than with each change: a kernel that is younger than that has nothing in
 * it yet that is worth waiting for.
 */
import { KernelId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import type { Right } from '../right.js';
import type { KernelSession } from '../run/kernel-session.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { KernelSessions } from '../run/kernel-sessions.js';

const Stored = z.array(KernelId);

const SAID_EVERY_MS = 250;

/** Where it is said; refused when another hub leads. */
export interface SaidText {
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}

export interface LivingKernelsOptions {
  readonly sessions: Pick<KernelSessions, 'list' | 'adoption'>;
  readonly text: SaidText;
  /** To lead. */
  readonly right: Right;
  readonly log: SessionLog;
}

/** What was said last; nothing when nobody ever said anything. */
export async function livingKernels(text: Pick<SaidText, 'read'>): Promise<readonly KernelId[]> {
  const said = await text.read();
  return said === null ? [] : Stored.parse(JSON.parse(said));
}

export class LivingKernels {
  private said: string | null = null;
  private saying: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: LivingKernelsOptions) {}

  start(): void {
    this.timer = setInterval(() => this.look(), SAID_EVERY_MS);
  }

  /** Says once more what is so: before the hub lets go of its kernels, which live on. Can be called twice. */
  async stop(): Promise<void> {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    // A store that is cut off keeps nobody waiting.
    if (!this.options.right.isHeld()) return;
    await this.saying;
    this.look();
    await this.saying;
  }

  private look(): void {
    const { sessions, right } = this.options;
    // What an earlier leader said holds until it is known which of them are there.
    if (sessions.adoption.isPending || !right.isHeld()) return;
    const living = sessions.list().filter(isLiving);
    const now = JSON.stringify(living.map(({ kernelId }) => kernelId).sort());
    if (now === this.said) return;
    this.said = now;
    this.saying = this.saying.then(() => this.say(now));
  }

  private async say(now: string): Promise<void> {
    try {
      await this.options.text.write(now);
    } catch (error) {
      this.options.log.info({ error: messageOf(error) }, 'the other hubs were not told which kernels live');
      if (this.said === now) this.said = null;
    }
  }
}

function isLiving(session: KernelSession): boolean {
  const { status } = session.view();
  return status !== 'dead' && status !== 'failed';
}
