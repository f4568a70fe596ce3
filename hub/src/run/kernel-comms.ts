/**
 * The comms of one kernel for the hub's session: keeps what is open (comms.ts), and answers for the kernel what it
 * knows. What the hub says carries the kernel's own session id, by which stock clients tell one kernel from the next.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { buildMessage, statusMessage, streamMessage } from '@cokernel/proto/jupyter';
import type { CommDecision } from './comm-requests.js';
import { decideComm } from './comm-requests.js';
import type { CommsState } from './comms.js';
import { NO_COMMS, afterClient, afterKernel, afterLoss, withUnknown } from './comms.js';

const BOUNDS = { maxBytes: 32 * 1024 * 1024, maxUnderWay: 256 };

export class KernelComms {
  private state: CommsState = NO_COMMS;
  private kernelSession = '';

  /** `sender` makes the ids and times of what the hub says. */
  constructor(private readonly sender: () => Sender) {}

  /** Sees every message of the kernel. */
  heard(message: KernelMessage): void {
    this.kernelSession = message.header.session;
    this.state = afterKernel(this.state, message, BOUNDS);
  }

  /** Messages of the kernel were lost. */
  missed(): void {
    this.state = afterLoss(this.state);
  }

  /** The kernel ran before this hub heard it. */
  joinedLate(): void {
    this.state = withUnknown(this.state);
  }

  /** The kernel is another: nothing is open in it. */
  clear(): void {
    this.state = NO_COMMS;
  }

  /** What the hub says to a client's message; null when it is the kernel's to answer, and is passed on to it. */
  answer(message: KernelMessage, kernelIsFree: boolean): readonly KernelMessage[] | null {
    const decision = decideComm(this.state, message, kernelIsFree);
    if (decision.type !== 'forward') return this.said(message, decision);
    this.state = afterClient(this.state, message, BOUNDS);
    return null;
  }

  /** Between a busy and an idle of its own, without which stock clients wait for ever. */
  private said(message: KernelMessage, decision: Exclude<CommDecision, { type: 'forward' }>): readonly KernelMessage[] {
    const answer = () => ({ ...this.sender(), session: this.kernelSession, parent: message.header });
    const body =
      decision.type === 'refuse'
        ? streamMessage(answer(), 'stderr', `[Cokernel] not closed: ${decision.reason}\n`)
        : buildMessage(answer(), { ...decision, parent: message.header });
    return [statusMessage(answer(), 'busy'), body, statusMessage(answer(), 'idle')];
  }
}
