/**
 * Requests to a kernel that want one reply: completion, inspection, is_complete. Each waits by its msg_id and ends in
 * exactly one way: its reply, the kernel's end, the time limit, or `Unanswered` when the kernel has done with it and said
 * nothing. ipykernel does that when its handler throws: a completion fails when another thread leaves a
 * `warnings.catch_warnings` meanwhile, as code that runs may at any time.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { parentId } from '@cokernel/proto/jupyter';
import { Refusal } from '../errors.js';

/** The kernel has done with a request, and no reply came: it may answer the same request the next time. */
export class Unanswered extends Refusal {
  constructor(msgType: string) {
    super('kernelBusy', `the kernel did not answer a ${msgType}`);
  }
}

export interface KernelRequestsOptions {
  /** Longer than a person waits for a completion (10,000). */
  readonly timeoutMs: number;
  /** A reply comes so long after the kernel's idle, even on a busy machine, or not at all (1,000). */
  readonly graceMs: number;
}

interface Waiting {
  readonly msgType: string;
  readonly resolve: (content: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: Refusal) => void;
  timer: NodeJS.Timeout;
}

export class KernelRequests {
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly options: KernelRequestsOptions) {}

  /** Sends by `send` and resolves with the content of the reply. */
  ask(
    message: KernelMessage,
    send: (message: KernelMessage) => Promise<void>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { msg_id: id, msg_type: msgType } = message.header;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.fail(id, new Refusal('kernelBusy', `the kernel did not answer a ${msgType} in time`));
      }, this.options.timeoutMs);
      this.waiting.set(id, { msgType, resolve, reject, timer });
      send(message).catch((error: unknown) => {
        this.fail(id, new Refusal('kernelGone', error instanceof Error ? error.message : String(error)));
      });
    });
  }

  /** Hands a reply to who waits for it; one that nobody waits for is dropped. */
  answer(message: KernelMessage): void {
    const waiting = this.take(parentId(message) ?? '');
    waiting?.resolve(message.content);
  }

  /** The kernel is idle again after a request: its reply comes as a rule together with that. */
  done(id: string): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    waiting.timer = setTimeout(() => this.fail(id, new Unanswered(waiting.msgType)), this.options.graceMs);
  }

  /** The kernel is gone: none of these is answered any more. */
  failAll(reason: string): void {
    for (const id of [...this.waiting.keys()]) this.fail(id, new Refusal('kernelGone', reason));
  }

  private fail(id: string, error: Refusal): void {
    this.take(id)?.reject(error);
  }

  private take(id: string): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    return waiting;
  }
}
