/**
 * Tells whether an interrupt that is meant for one run may still be sent: not when that run is over, nor when the
 * kernel is busy with another, which must not be hit in its place (X21).
 * Pure.
 */
import { parentId, type KernelMessage } from '@cokernel/proto/jupyter';

export class RunWatch {
  /** Sent, and not seen idle. */
  readonly #open = new Set<string>();
  /** Of those that a former keeper sent: seen idle since. */
  readonly #over = new Set<string>();
  #knowsFormer = true;
  /** One, or several where a kernel has subshells. */
  readonly #busy = new Set<string>();

  sent(msgId: string): void {
    this.#open.add(msgId);
  }

  /** Whatever a former keeper has sent may still run, until the kernel says otherwise. */
  tookOver(): void {
    this.#knowsFormer = false;
  }

  /** The kernel has done with all that a former keeper sent. */
  answered(): void {
    this.#knowsFormer = true;
    this.#over.clear();
  }

  /** Another process: nothing of the former one runs. */
  startedAnew(): void {
    this.#open.clear();
    this.#busy.clear();
    this.answered();
  }

  /** Give it every message of the kernel. */
  observe(message: KernelMessage): void {
    if (message.channel !== 'iopub' || message.header.msg_type !== 'status') return;
    const msgId = parentId(message);
    if (msgId === null || !isExecution(message)) return;
    const state = message.content['execution_state'];
    if (state === 'busy') this.#busy.add(msgId);
    if (state === 'idle') this.#idle(msgId);
  }

  mayRun(msgId: string): boolean {
    if (this.#busy.size > 0) return this.#busy.has(msgId);
    return this.#open.has(msgId) || (!this.#knowsFormer && !this.#over.has(msgId));
  }

  #idle(msgId: string): void {
    this.#busy.delete(msgId);
    if (!this.#open.delete(msgId) && !this.#knowsFormer) this.#over.add(msgId);
  }
}

function isExecution({ parent_header }: KernelMessage): boolean {
  return 'msg_type' in parent_header && parent_header.msg_type === 'execute_request';
}
