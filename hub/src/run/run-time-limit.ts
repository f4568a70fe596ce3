/**
 * RunTimeLimit: says when the running run takes longer than the queue's rules allow, by the time at which the queue began it,
 * so that a run counts on when another hub takes its kernel over. As long as the run goes on it says so again: code may
 * have caught the interrupt, or the way to the kernel have been broken.
 */
import type { RunId } from '@cokernel/proto/hub';
import type { QueueSnapshot } from './run-queue.js';

export interface RunTimeLimitOptions {
  readonly clock: () => Date;
  readonly onPassed: (runId: RunId, mostSeconds: number) => void;
}

interface Limited {
  readonly runId: RunId;
  readonly startedAt: string;
  readonly mostSeconds: number;
}

/** Long enough for what a run does on being interrupted. */
const AGAIN_MS = 10_000;

export class RunTimeLimit {
  private number = 0;
  private limited: Limited | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: RunTimeLimitOptions) {}

  /** The queue, after each step or as it was read. */
  queueIs(queue: QueueSnapshot): void {
    if (queue.number < this.number) return;
    this.number = queue.number;
    const limited = limitedIn(queue);
    if (isSame(limited, this.limited)) return;
    this.stop();
    this.limited = limited;
    if (limited === null) return;
    const dueAt = Date.parse(limited.startedAt) + limited.mostSeconds * 1_000;
    this.wait(limited, Math.max(0, dueAt - this.options.clock().getTime()));
  }

  /** Can be called twice. */
  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.limited = null;
  }

  private wait(limited: Limited, ms: number): void {
    this.timer = setTimeout(() => {
      this.wait(limited, AGAIN_MS);
      this.options.onPassed(limited.runId, limited.mostSeconds);
    }, ms).unref();
  }
}

function limitedIn({ running, rules: { mostSeconds } }: QueueSnapshot): Limited | null {
  if (running === null || running.startedAt === null || mostSeconds === null) return null;
  return { runId: running.runId, startedAt: running.startedAt, mostSeconds };
}

function isSame(one: Limited | null, other: Limited | null): boolean {
  return one?.runId === other?.runId && one?.mostSeconds === other?.mostSeconds;
}
