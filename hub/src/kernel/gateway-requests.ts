/**
 * Which execute_requests this process sent to a remote kernel, and whether each is over: what it needs to send none
 * twice, to interrupt only the one that is meant, and to know whether a broken connection cut one off.
 * Pure: facts in, answers out.
 */
import { parentId, type KernelMessage } from '@cokernel/proto/jupyter';

interface Progress {
  readonly replied: boolean;
  readonly idle: boolean;
}

export class GatewayRequests {
  readonly #sent = new Map<string, Progress>();
  /** The one that was sent last and was not seen to end. */
  #open: string | null = null;

  /** False when it was sent before. */
  markSent(msgId: string): boolean {
    if (this.#sent.has(msgId)) return false;
    this.#sent.set(msgId, { replied: false, idle: false });
    this.#open = msgId;
    return true;
  }

  get hasOpen(): boolean {
    return this.#open !== null;
  }

  /** Whether an interrupt that is meant for `msgId` would reach it and no other. */
  mayInterrupt(msgId: string): boolean {
    const progress = this.#sent.get(msgId);
    if (progress !== undefined) return !progress.idle;
    // One of before this process: it is over when a later one was sent.
    return this.#open === null;
  }

  /** The kernel has done with all that was sent. */
  closeAll(): void {
    if (this.#open !== null) this.#sent.set(this.#open, { replied: true, idle: true });
    this.#open = null;
  }

  observe(message: KernelMessage): void {
    const msgId = parentId(message) ?? '';
    const progress = this.#sent.get(msgId);
    if (progress === undefined) return;
    const replied = progress.replied || message.header.msg_type === 'execute_reply';
    const idle = progress.idle || saysIdle(message);
    this.#sent.set(msgId, { replied, idle });
    if (replied && idle && this.#open === msgId) this.#open = null;
  }
}

function saysIdle({ header, content }: KernelMessage): boolean {
  return header.msg_type === 'status' && content['execution_state'] === 'idle';
}
