/**
 * Asks a remote kernel for kernel_info until it is known to be there (J9) or, after a broken connection, to have done
 * with everything before. An answer alone proves too little: the engine drops what the kernel says on IOPub until its own
 * subscription stands, so an answer without such a message is asked for again. The message must belong to a request of
 * ours: then all that came before it was heard, and nothing of a former process comes after it.
 */
import { randomUUID } from 'node:crypto';
import { kernelInfoRequest, parentId, type KernelMessage } from '@cokernel/proto/jupyter';
import type { KernelInfo as KernelInfoType } from './kernel-host.js';
import { KernelInfo } from './keeper-protocol.js';

export interface GatewayReadinessOptions {
  readonly send: (request: KernelMessage) => Promise<void>;
  /** The session id of this adapter's own requests. */
  readonly session: string;
  /**
   * The process is new: a request that its predecessor got is not answered, so it is asked again and again. Else the
   * kernel may be busy for hours, and is asked once.
   */
  readonly isNewProcess: boolean;
  /** Long enough for an answer (2,000). */
  readonly askAgainMs: number;
  readonly onReached: (info: KernelInfoType) => void;
  readonly onFailed: (error: unknown) => void;
}

export class GatewayReadiness {
  readonly #asked = new Set<string>();
  #info: KernelInfoType | null = null;
  #heardIopub = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: GatewayReadinessOptions) {}

  start(): void {
    this.#timer = setInterval(() => {
      if (this.options.isNewProcess || this.#info !== null) this.#ask();
    }, this.options.askAgainMs);
    this.#ask();
  }

  /** Stops asking. Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Give it every message of the kernel. */
  observe(message: KernelMessage): void {
    if (this.#timer === null) return;
    const isOurs = this.#asked.has(parentId(message) ?? '');
    if (!isOurs) return;
    if (message.channel === 'iopub') this.#heardIopub = true;
    else if (message.header.msg_type === 'kernel_info_reply') this.#info = KernelInfo.parse(message.content);
    if (this.#info === null || !this.#heardIopub) return;
    this.stop();
    this.options.onReached(this.#info);
  }

  #ask(): void {
    const msgId = randomUUID();
    this.#asked.add(msgId);
    const { session, send, onFailed } = this.options;
    const sender = { msgId, session, username: 'cokernel', date: new Date().toISOString() };
    send(kernelInfoRequest(sender)).catch(onFailed);
  }
}
