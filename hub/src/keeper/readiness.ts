/**
 * Waits until a kernel is really there (J9): kernel_info was answered and an IOPub message came. Either alone proves
 * too little: a subscription that the kernel has not seen yet loses output without a word, so an answer without an
 * IOPub message is asked for again.
 */
import { randomUUID } from 'node:crypto';
import { kernelInfoRequest, parentId, type KernelMessage } from '@cokernel/proto/jupyter';
import type { KernelInfo as KernelInfoType } from '../kernel/kernel-host.js';
import { KernelInfo } from '../kernel/keeper-protocol.js';

export interface ReadinessOptions {
  readonly send: (request: KernelMessage) => Promise<void>;
  /** The session id of this keeper's own requests. */
  readonly session: string;
  /** After an answer without an IOPub message: long enough for one to arrive. */
  readonly askAgainMs: number;
}

export class Readiness {
  /** Rejects only when asking failed. Whoever waits sets the time limit. */
  readonly reached: Promise<KernelInfoType>;
  readonly #asked = new Set<string>();
  #info: KernelInfoType | null = null;
  #heardIopub = false;
  #again: NodeJS.Timeout | null = null;
  #settle: { resolve: (info: KernelInfoType) => void; reject: (error: unknown) => void } | null = null;

  constructor(private readonly options: ReadinessOptions) {
    this.reached = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  start(): void {
    this.#ask();
  }

  /** Give it every message of the kernel. */
  observe(message: KernelMessage): void {
    if (this.#settle === null) return;
    if (message.channel === 'iopub') this.#heardIopub = true;
    if (this.#isAnswer(message)) this.#info = KernelInfo.parse(message.content);
    if (this.#info === null) return;
    if (this.#heardIopub) this.#finish(this.#info);
    else this.#again ??= setTimeout(() => this.#ask(), this.options.askAgainMs);
  }

  /** A run was sent behind our question: only an answer to one behind it says that the kernel has done with all of them. */
  overtaken(): void {
    if (this.#settle === null || this.#asked.size === 0) return;
    this.#asked.clear();
    this.#info = null;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#ask();
  }

  /** Stops asking. Can be called twice. */
  stop(): void {
    this.#settle = null;
    if (this.#again !== null) clearTimeout(this.#again);
  }

  #isAnswer(message: KernelMessage): boolean {
    return message.header.msg_type === 'kernel_info_reply' && this.#asked.has(parentId(message) ?? '');
  }

  #ask(): void {
    this.#again = null;
    const msgId = randomUUID();
    this.#asked.add(msgId);
    const sender = { msgId, session: this.options.session, username: 'cokernel', date: new Date().toISOString() };
    this.options.send(kernelInfoRequest(sender)).catch((error: unknown) => {
      this.#settle?.reject(error);
    });
  }

  #finish(info: KernelInfoType): void {
    const settle = this.#settle;
    this.stop();
    settle?.resolve(info);
  }
}
