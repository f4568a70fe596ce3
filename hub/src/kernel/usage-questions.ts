/**
 * Asks a kernel what its processes use, where its host can't look for itself: they are another machine's, or somebody
 * else's. ipykernel answers on control, also while a cell runs; it counts the process and its children as psutil does, on
 * Linux with their share of shared memory. Questions and answers belong to a session of their own, so that whoever hears
 * the kernel can leave them out: they are no work of the kernel, and news for nobody.
 */
import { randomUUID } from 'node:crypto';
import type { KernelUsage } from '@cokernel/proto/hub';
import { parentId, usageRequest, type KernelMessage } from '@cokernel/proto/jupyter';
import { z } from 'zod';
import type { Log } from './log.js';

export interface UsageQuestionsOptions {
  /** As often as a keeper measures its own kernels (5,000); a kernel answers in some milliseconds. */
  readonly everyMs: number;
  /** Whether anybody wants to know now. */
  readonly isWanted: () => boolean;
  readonly send: (request: KernelMessage) => Promise<void>;
  readonly onUsage: (usage: KernelUsage) => void;
  readonly log: Log;
}

/** Without psutil ipykernel answers, but knows no figures. */
const UsageReply = z.object({ kernel_cpu: z.number().nonnegative(), kernel_memory: z.number().positive() });

export class UsageQuestions {
  readonly #session = randomUUID();
  #timer: NodeJS.Timeout | null = null;
  /** The question that is not answered yet. A kernel that answers none is so asked once. */
  #asked: string | null = null;
  /** An answer's share of time is that since the answer before it; the first one says nothing. */
  #hasMeasured = false;

  constructor(private readonly options: UsageQuestionsOptions) {}

  /** The kernel can be asked from now on; another start begins anew. */
  start(): void {
    this.stop();
    this.#asked = null;
    this.#hasMeasured = false;
    this.#timer = setInterval(() => this.#next(), this.options.everyMs);
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Give it every message of the kernel. True for those that belong to its questions. */
  takes(message: KernelMessage): boolean {
    if (message.parent_header['session'] !== this.#session) return false;
    const isAnswer = message.header.msg_type === 'usage_reply' && parentId(message) === this.#asked;
    if (isAnswer && this.#timer !== null) this.#answered(message.content);
    return true;
  }

  #next(): void {
    if (!this.options.isWanted()) this.#hasMeasured = false;
    else if (this.#asked === null) this.#ask();
  }

  #ask(): void {
    const msgId = randomUUID();
    this.#asked = msgId;
    const sender = { msgId, session: this.#session, username: 'cokernel', date: new Date().toISOString() };
    this.options.send(usageRequest(sender)).catch((error: unknown) => {
      this.options.log('info', 'a kernel could not be asked what it uses', { reason: String(error) });
    });
  }

  #answered(content: KernelMessage['content']): void {
    const parsed = UsageReply.safeParse(content);
    if (!parsed.success) {
      this.stop();
      return this.options.log('info', 'a kernel does not know what it uses', { reason: parsed.error.message });
    }
    this.#asked = null;
    const { kernel_memory: rssBytes, kernel_cpu } = parsed.data;
    if (this.#hasMeasured) this.options.onUsage({ rssBytes, cpuPercent: Math.round(kernel_cpu * 10) / 10 });
    this.#hasMeasured = true;
  }
}
