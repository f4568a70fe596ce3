/** Requests of the keeper itself that a kernel answers on control, such as interrupt_request (E8). */
import { messageParts, parentId, type Channel, type KernelMessage, type MessageParts } from '@cokernel/proto/jupyter';
import { endsWithin } from '../within.js';

export class ControlCalls {
  readonly #awaited = new Map<string, () => void>();

  constructor(private readonly send: (channel: Channel, parts: MessageParts) => Promise<void>) {}

  /** Resolves when the kernel has answered or `orElse` came; rejects when neither did in time. */
  async call(request: KernelMessage, orElse: Promise<unknown>, limitMs: number): Promise<void> {
    const { msg_id, msg_type } = request.header;
    const answered = new Promise<void>((resolve) => this.#awaited.set(msg_id, resolve));
    try {
      await this.send('control', messageParts(request));
      const inTime = await endsWithin(Promise.race([answered, orElse]), limitMs);
      if (!inTime) throw new Error(`the kernel did not answer ${msg_type} within ${limitMs / 1000} s`);
    } finally {
      this.#awaited.delete(msg_id);
    }
  }

  /** Give it every message of the kernel. */
  observe(message: KernelMessage): void {
    if (message.channel === 'control') this.#awaited.get(parentId(message) ?? '')?.();
  }
}
