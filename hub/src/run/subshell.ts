/**
 * The hub's subshell of one kernel: a second place in the kernel that answers while a cell runs. It is created when it
 * is first needed, once for all who ask, and forgotten when the kernel is new; a hub that takes the kernel over finds the
 * one that the former hub had in the journal.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { buildMessage } from '@cokernel/proto/jupyter';
import { answersHub } from './hub-request.js';
import type { ReplyContent } from './kernel-question.js';

export interface SubshellOptions {
  /** Of the hub's own requests. */
  readonly sender: () => Sender;
  /** Sends and resolves with the content of the reply; rejects when none comes. */
  readonly ask: (request: KernelMessage) => Promise<ReplyContent>;
}

type SubshellState =
  | { readonly phase: 'none' }
  | { readonly phase: 'creating'; readonly id: Promise<string | null> }
  | { readonly phase: 'there'; readonly id: string }
  /** The kernel has refused: it is not asked again. */
  | { readonly phase: 'refused' };

export class Subshell {
  private state: SubshellState = { phase: 'none' };

  constructor(private readonly options: SubshellOptions) {}

  /** Its id; null when there is none and can't be one now. */
  async id(): Promise<string | null> {
    switch (this.state.phase) {
      case 'there':
        return this.state.id;
      case 'refused':
        return null;
      case 'creating':
        return this.state.id;
      case 'none': {
        const creating = { phase: 'creating', id: this.create() } as const;
        this.state = creating;
        const id = await creating.id;
        // Silence is no refusal: the next who asks tries again.
        if (this.state === creating) this.state = { phase: 'none' };
        return id;
      }
    }
  }

  /** Sees every reply on control. */
  observe(message: KernelMessage): void {
    if (message.header.msg_type !== 'create_subshell_reply') return;
    if (!answersHub(message)) return;
    const { status, subshell_id: id } = message.content;
    this.state = status === 'ok' && typeof id === 'string' ? { phase: 'there', id } : { phase: 'refused' };
  }

  /** The kernel is new, or does not know it any more. */
  forget(): void {
    this.state = { phase: 'none' };
  }

  private async create(): Promise<string | null> {
    const msgType = 'create_subshell_request';
    const request = buildMessage(this.options.sender(), { channel: 'control', msgType, content: {} });
    const reply = await this.options.ask(request).catch(() => null);
    const id = reply?.['subshell_id'];
    return typeof id === 'string' ? id : null;
  }
}

/** Whether a reply says that the kernel has no such subshell. */
export function saysNoSuchSubshell({ status, ename }: ReplyContent): boolean {
  return status === 'error' && typeof ename === 'string' && /subshell/i.test(ename);
}
