/**
 * This adapter's own questions to a remote kernel, whose answers are for nobody else. Holds back what must not be sent
 * before the kernel answers on the present connection, sets the time within which a new process must (J9), and asks what
 * the kernel uses.
 */
import type { KernelUsage } from '@cokernel/proto/hub';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { GatewayReadiness } from './gateway-readiness.js';
import type { KernelInfo } from './kernel-host.js';
import type { Log } from './log.js';
import { UsageQuestions } from './usage-questions.js';

export interface GatewayAnsweringTimes {
  /** How long a new process may take to answer (60,000). */
  readonly readyWithinMs: number;
  /** See `GatewayReadinessOptions`. */
  readonly askAgainMs: number;
  /** See `UsageQuestionsOptions`. */
  readonly usageEveryMs: number;
}

export interface GatewayAnsweringOptions {
  readonly session: string;
  readonly times: GatewayAnsweringTimes;
  readonly send: (request: KernelMessage) => Promise<void>;
  readonly onAnswer: (info: KernelInfo) => void;
  /** A new process did not answer in time. */
  readonly onLate: (reason: string) => void;
  readonly wantsUsage: () => boolean;
  readonly onUsage: (usage: KernelUsage) => void;
  readonly log: Log;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class GatewayAnswering {
  readonly #waiting: Waiting[] = [];
  readonly #usage: UsageQuestions;
  #readiness: GatewayReadiness | null = null;
  #answers = false;
  #readyBy: NodeJS.Timeout | null = null;

  constructor(private readonly options: GatewayAnsweringOptions) {
    const { times, wantsUsage, ...common } = options;
    this.#usage = new UsageQuestions({ ...common, everyMs: times.usageEveryMs, isWanted: wantsUsage });
  }

  /** The connection is open, or the process another: asks from now on. */
  ask(isNewProcess: boolean): void {
    this.pause();
    const { session, times, send, log } = this.options;
    this.#readiness = new GatewayReadiness({
      ...{ session, send, isNewProcess },
      askAgainMs: times.askAgainMs,
      onReached: (info) => this.#reached(info),
      onFailed: (error) => log('info', 'a remote kernel could not be asked', { reason: String(error) }),
    });
    this.#readiness.start();
    // One that computes answers this all the same.
    if (!isNewProcess) this.#usage.start();
  }

  /** The connection broke, or the process ended: whoever comes now waits. */
  pause(): void {
    this.#answers = false;
    this.#readiness?.stop();
    this.#readiness = null;
    this.#usage.stop();
  }

  /** From now on a new process must answer in time. */
  limit(): void {
    this.#clearLimit();
    const { readyWithinMs } = this.options.times;
    const reason = `it did not answer within ${readyWithinMs / 1000} s`;
    this.#readyBy = setTimeout(() => this.options.onLate(reason), readyWithinMs);
  }

  /** Give it every message of the kernel. True for those that belong to its questions. */
  takes(message: KernelMessage): boolean {
    this.#readiness?.observe(message);
    return this.#usage.takes(message) || message.parent_header['session'] === this.options.session;
  }

  /** Resolves when the kernel answers; rejects when it won't. */
  async whenAnswering(): Promise<void> {
    if (this.#answers) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Nobody asks any more. Can be called twice. */
  end(why: Error): void {
    this.pause();
    this.#clearLimit();
    for (const { reject } of this.#waiting.splice(0)) reject(why);
  }

  #reached(info: KernelInfo): void {
    this.#clearLimit();
    this.#answers = true;
    this.#usage.start();
    this.options.onAnswer(info);
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  #clearLimit(): void {
    if (this.#readyBy !== null) clearTimeout(this.#readyBy);
    this.#readyBy = null;
  }
}
