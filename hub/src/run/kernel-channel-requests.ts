/**
 * The requests of a kernel's channel clients that are not answered yet: whose they are, and what of the answer was
 * heard. Each ends in exactly one way: by the kernel's reply and idle, or by the hub's, so that no client waits for ever.
 * Pure: holds no promise and no timer.
 */
import type { KernelMessage, MessageHeader } from '@cokernel/proto/jupyter';
import { parentId } from '@cokernel/proto/jupyter';
import type { BatchId } from '@cokernel/proto/hub';
import type { Heard } from './kernel-channel-answers.js';
import { heardNothing, replyType } from './kernel-channel-answers.js';

export interface OpenRequest {
  readonly client: BatchId;
  readonly channel: 'shell' | 'control';
  readonly header: MessageHeader;
  /** It waits in the queue or runs: the queue tells its end. */
  readonly isRun: boolean;
  readonly heard: Heard;
}

/** More than any client asks before it reads an answer. */
const MOST_OPEN = 10_000;

export class ChannelRequests {
  private readonly open = new Map<string, OpenRequest>();

  /** False when this id is in use. */
  add(request: Omit<OpenRequest, 'heard'>): boolean {
    const id = request.header.msg_id;
    if (this.open.has(id)) return false;
    this.open.set(id, { ...request, heard: heardNothing });
    const [oldest] = this.open.keys();
    if (this.open.size > MOST_OPEN && oldest !== undefined) this.open.delete(oldest);
    return true;
  }

  get(msgId: string): OpenRequest | null {
    return this.open.get(msgId) ?? null;
  }

  /** Notes what the kernel says; answers whose request it belongs to. */
  observe(message: KernelMessage): OpenRequest | null {
    const id = parentId(message) ?? '';
    const request = this.open.get(id);
    if (request === undefined) return null;
    const heard = withMessage(request.heard, message);
    if (heard.idle && (heard.reply || replyType(request.header) === null)) this.open.delete(id);
    else this.open.set(id, { ...request, heard });
    return request;
  }

  /** Forgets it: the hub answers. */
  take(msgId: string): OpenRequest | null {
    const request = this.get(msgId);
    this.open.delete(msgId);
    return request;
  }

  /** Those that went straight to the kernel. */
  forwarded(): readonly OpenRequest[] {
    return [...this.open.values()].filter(({ isRun }) => !isRun);
  }

  /** Runs of a client with which the kernel has not begun. */
  waitingRuns(client: BatchId): readonly string[] {
    const mine = [...this.open.values()].filter((request) => request.client === client);
    return mine.map(({ header }) => header.msg_id).filter((id) => this.isWaitingRun(id));
  }

  isWaitingRun(msgId: string): boolean {
    const request = this.get(msgId);
    return request !== null && request.isRun && !request.heard.busy;
  }
}

function withMessage(heard: Heard, { channel, header, content }: KernelMessage): Heard {
  if (channel === 'iopub') {
    if (header.msg_type !== 'status') return heard;
    const state = content['execution_state'];
    return { ...heard, busy: heard.busy || state === 'busy', idle: heard.idle || state === 'idle' };
  }
  return header.msg_type.endsWith('_reply') && channel !== 'stdin' ? { ...heard, reply: true } : heard;
}
