/**
 * Pure: what the hub itself says on a kernel's channels: the answers to requests that never reach the kernel or that it
 * can't answer any more, and its states. A client waits for reply and idle, so it always gets both.
 */
import type { KernelMessage, MessageHeader, Sender } from '@cokernel/proto/jupyter';
import { buildMessage, statusMessage, streamMessage } from '@cokernel/proto/jupyter';
import type { RunView } from '@cokernel/proto/hub';
import type { Hole } from './kernel-channel-backlog.js';

type Content = Readonly<Record<string, unknown>>;

/** Makes each message's id and date; `session` is the kernel's, as clients take another one for a restart. */
export type NewSender = () => Sender;

/** What of an answer was heard already. */
export interface Heard {
  readonly busy: boolean;
  readonly reply: boolean;
  readonly idle: boolean;
}

export const heardNothing: Heard = { busy: false, reply: false, idle: false };

/** What is missing of the answer to `request`: busy, reply, idle. */
export function answersTo(
  request: Pick<KernelMessage, 'channel' | 'header'>,
  heard: Heard,
  content: Content,
  newSender: NewSender,
): readonly KernelMessage[] {
  const { channel, header: parent } = request;
  const status = (state: 'busy' | 'idle'): KernelMessage => statusMessage({ ...newSender(), parent }, state);
  const msgType = replyType(parent);
  const reply =
    heard.reply || msgType === null ? [] : [buildMessage(newSender(), { channel, msgType, content, parent })];
  return [...(heard.busy ? [] : [status('busy')]), ...reply, ...(heard.idle ? [] : [status('idle')])];
}

/** Null for a message that no reply follows, such as a comm's. */
export function replyType({ msg_type }: MessageHeader): string | null {
  return msg_type.endsWith('_request') ? msg_type.replace(/request$/, 'reply') : null;
}

export const aborted = (reason: string): Content => ({ status: 'aborted', reason });

/** The reply of a run whose own did not come this way. */
export function outcomeOf({ state, reason, executionCount }: RunView): Content {
  switch (state) {
    case 'succeeded':
      return { status: 'ok', execution_count: executionCount ?? 0, payload: [], user_expressions: {} };
    case 'failed':
      return {
        status: 'error',
        execution_count: executionCount ?? 0,
        ename: 'RunFailed',
        evalue: reason ?? '',
        traceback: [],
      };
    case 'cancelled':
    case 'lost':
    case 'queued':
    case 'running':
      return aborted(reason ?? `the run is ${state}`);
  }
}

/** A state of the kernel that it can't tell itself. */
export function kernelState(newSender: NewSender, state: 'restarting' | 'dead'): KernelMessage {
  return buildMessage(newSender(), { channel: 'iopub', msgType: 'status', content: { execution_state: state } });
}

/** Stands in the place of what is not kept any more. */
export function holeMessage({ parent, count }: Hole, newSender: NewSender): KernelMessage {
  const text = `[cokernel] ${String(count)} messages of this kernel were too much to keep for this client and are missing here.\n`;
  if (isHeader(parent)) return streamMessage({ ...newSender(), parent }, 'stderr', text);
  return buildMessage(newSender(), { channel: 'iopub', msgType: 'stream', content: { name: 'stderr', text } });
}

function isHeader(parent: MessageHeader | Record<string, never>): parent is MessageHeader {
  return typeof parent['msg_id'] === 'string';
}
