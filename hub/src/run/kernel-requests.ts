/**
 * Requests to a kernel that want one reply: completion, inspection, is_complete. Each waits by its msg_id and ends in
 * exactly one way: its reply, the kernel's end, or the time limit.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { parentId } from '@cokernel/proto/jupyter';
import { Refusal } from '../errors.js';

interface Waiting {
  readonly resolve: (content: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: Refusal) => void;
  readonly timer: NodeJS.Timeout;
}

export class KernelRequests {
  private readonly waiting = new Map<string, Waiting>();

  /** `timeoutMs`: longer than a person waits for a completion (10,000). */
  constructor(private readonly timeoutMs: number) {}

  /** Sends by `send` and resolves with the content of the reply. */
  ask(
    message: KernelMessage,
    send: (message: KernelMessage) => Promise<void>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = message.header.msg_id;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.fail(id, new Refusal('kernelBusy', `the kernel did not answer a ${message.header.msg_type} in time`));
      }, this.timeoutMs);
      this.waiting.set(id, { resolve, reject, timer });
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
