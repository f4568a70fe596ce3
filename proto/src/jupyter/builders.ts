/**
 * Builders of requests (E4, J5), with the protocol's defaults. Ids, date, session and user name are passed in, so that
 * a run's id can be its execute_request's msg_id and tests see the same bytes each time.
 * Pure: values in, messages out.
 */
import { PROTOCOL_VERSION, type Channel, type KernelMessage, type MessageHeader } from './message.js';

export interface Sender {
  readonly msgId: string;
  readonly session: string;
  readonly username: string;
  /** ISO 8601. */
  readonly date: string;
}

export interface MessageOptions {
  readonly channel: Channel;
  readonly msgType: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** The header of the message that this one answers. */
  readonly parent?: MessageHeader;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

export function buildMessage(sender: Sender, options: MessageOptions): KernelMessage {
  return {
    channel: options.channel,
    header: {
      msg_id: sender.msgId,
      username: sender.username,
      session: sender.session,
      date: sender.date,
      msg_type: options.msgType,
      version: PROTOCOL_VERSION,
    },
    parent_header: options.parent ?? {},
    metadata: options.metadata ?? {},
    content: options.content,
    buffers: options.buffers ?? [],
  };
}

export interface ExecuteRequestOptions {
  readonly code: string;
  readonly silent?: boolean;
  readonly storeHistory?: boolean;
  readonly userExpressions?: Readonly<Record<string, string>>;
  readonly allowStdin?: boolean;
  readonly stopOnError?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A silent request stores no history, whatever was asked: the protocol says so. */
export function executeRequest(sender: Sender, options: ExecuteRequestOptions): KernelMessage {
  const silent = options.silent ?? false;
  const content = {
    code: options.code,
    silent,
    store_history: !silent && (options.storeHistory ?? true),
    user_expressions: options.userExpressions ?? {},
    allow_stdin: options.allowStdin ?? true,
    stop_on_error: options.stopOnError ?? true,
  };
  return buildMessage(sender, {
    channel: 'shell',
    msgType: 'execute_request',
    content,
    metadata: options.metadata ?? {},
  });
}

export function kernelInfoRequest(sender: Sender): KernelMessage {
  return buildMessage(sender, { channel: 'shell', msgType: 'kernel_info_request', content: {} });
}

/** `cursorPos` counts code points, not UTF-16 units. */
export function completeRequest(sender: Sender, code: string, cursorPos: number): KernelMessage {
  const content = { code, cursor_pos: cursorPos };
  return buildMessage(sender, { channel: 'shell', msgType: 'complete_request', content });
}

/** `cursorPos` counts code points; detail 1 asks for more, as a second `?` does. */
export function inspectRequest(sender: Sender, code: string, cursorPos: number, detailLevel: 0 | 1 = 0): KernelMessage {
  const content = { code, cursor_pos: cursorPos, detail_level: detailLevel };
  return buildMessage(sender, { channel: 'shell', msgType: 'inspect_request', content });
}

export function isCompleteRequest(sender: Sender, code: string): KernelMessage {
  return buildMessage(sender, { channel: 'shell', msgType: 'is_complete_request', content: { code } });
}

/** The newest `count` inputs; `hist_access_type` tail. */
export function historyRequest(sender: Sender, count: number): KernelMessage {
  const content = { hist_access_type: 'tail', n: count, output: false, raw: true };
  return buildMessage(sender, { channel: 'shell', msgType: 'history_request', content });
}

/** All comms, or those of one target. */
export function commInfoRequest(sender: Sender, targetName?: string): KernelMessage {
  const content = targetName === undefined ? {} : { target_name: targetName };
  return buildMessage(sender, { channel: 'shell', msgType: 'comm_info_request', content });
}

/** E8: interrupt and shutdown go over control, where they don't wait behind a running cell. */
export function interruptRequest(sender: Sender): KernelMessage {
  return buildMessage(sender, { channel: 'control', msgType: 'interrupt_request', content: {} });
}

/** Not in the specification: what ipykernel's processes use (J5). */
export function usageRequest(sender: Sender): KernelMessage {
  return buildMessage(sender, { channel: 'control', msgType: 'usage_request', content: {} });
}

export function shutdownRequest(sender: Sender, restart = false): KernelMessage {
  return buildMessage(sender, { channel: 'control', msgType: 'shutdown_request', content: { restart } });
}

/** Answers an input_request, whose header is `parent`. */
export function inputReply(sender: Sender, parent: MessageHeader, value: string): KernelMessage {
  const content = { status: 'ok', value };
  return buildMessage(sender, { channel: 'stdin', msgType: 'input_reply', content, parent });
}

export interface CommOptions {
  readonly commId: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

export function commOpen(sender: Sender, targetName: string, options: CommOptions): KernelMessage {
  return comm(sender, 'comm_open', options, { target_name: targetName });
}

export function commMessage(sender: Sender, options: CommOptions): KernelMessage {
  return comm(sender, 'comm_msg', options, {});
}

export function commClose(sender: Sender, options: CommOptions): KernelMessage {
  return comm(sender, 'comm_close', options, {});
}

function comm(
  sender: Sender,
  msgType: string,
  options: CommOptions,
  extra: Readonly<Record<string, unknown>>,
): KernelMessage {
  const { commId, data = {}, metadata = {}, buffers = [] } = options;
  const content = { comm_id: commId, ...extra, data };
  return buildMessage(sender, { channel: 'shell', msgType, content, metadata, buffers });
}
