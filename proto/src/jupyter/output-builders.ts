/**
 * Builders of what a kernel says (E4, J6): IOPub messages and replies, with the protocol's defaults. The hub needs
 * them where it speaks for a kernel (a restart's status, a cached reply), and so does whoever writes a kernel's double.
 * Pure: values in, messages out.
 */
import { buildMessage, type Sender } from './builders.js';
import { PROTOCOL_VERSION, type KernelMessage, type MessageHeader } from './message.js';

/** Who says it, in answer to which request. */
export interface Answer extends Sender {
  readonly parent: MessageHeader;
}

export type MimeBundle = Readonly<Record<string, unknown>>;

export interface DisplayOptions {
  readonly data: MimeBundle;
  readonly metadata?: MimeBundle;
  /** Later update_display_data with the same id rewrites it (J17). */
  readonly displayId?: string;
}

export interface ErrorContent {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export type ExecutionState = 'busy' | 'idle' | 'starting' | 'restarting' | 'dead';

export function statusMessage(answer: Answer, executionState: ExecutionState): KernelMessage {
  return iopub(answer, 'status', { execution_state: executionState });
}

export function executeInput(answer: Answer, code: string, executionCount: number): KernelMessage {
  return iopub(answer, 'execute_input', { code, execution_count: executionCount });
}

export function streamMessage(answer: Answer, name: 'stdout' | 'stderr', text: string): KernelMessage {
  return iopub(answer, 'stream', { name, text });
}

export function displayData(answer: Answer, options: DisplayOptions): KernelMessage {
  return iopub(answer, 'display_data', display(options));
}

export function updateDisplayData(answer: Answer, options: DisplayOptions & { displayId: string }): KernelMessage {
  return iopub(answer, 'update_display_data', display(options));
}

export function executeResult(answer: Answer, options: DisplayOptions, executionCount: number): KernelMessage {
  return iopub(answer, 'execute_result', { ...display(options), execution_count: executionCount });
}

export function errorMessage(answer: Answer, content: ErrorContent): KernelMessage {
  return iopub(answer, 'error', { ...content });
}

/** `wait`: clear only when the next output comes (J16). */
export function clearOutput(answer: Answer, wait = false): KernelMessage {
  return iopub(answer, 'clear_output', { wait });
}

export function inputRequest(answer: Answer, prompt: string, password = false): KernelMessage {
  const content = { prompt, password };
  return buildMessage(answer, { channel: 'stdin', msgType: 'input_request', content, parent: answer.parent });
}

export type ExecuteReplyOptions =
  | { readonly status: 'ok'; readonly executionCount: number; readonly payload?: readonly unknown[] }
  | { readonly status: 'error'; readonly executionCount: number; readonly error: ErrorContent }
  | { readonly status: 'aborted' };

export function executeReply(answer: Answer, options: ExecuteReplyOptions): KernelMessage {
  return reply(answer, 'execute_reply', executeReplyContent(options));
}

export interface KernelInfoReplyOptions {
  readonly implementation: string;
  readonly implementationVersion: string;
  readonly languageInfo: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly banner?: string;
  readonly supportedFeatures?: readonly string[];
}

export function kernelInfoReply(answer: Answer, options: KernelInfoReplyOptions): KernelMessage {
  return reply(answer, 'kernel_info_reply', {
    status: 'ok',
    protocol_version: PROTOCOL_VERSION,
    implementation: options.implementation,
    implementation_version: options.implementationVersion,
    language_info: options.languageInfo,
    banner: options.banner ?? '',
    help_links: [],
    supported_features: options.supportedFeatures ?? [],
  });
}

function executeReplyContent(options: ExecuteReplyOptions): Readonly<Record<string, unknown>> {
  switch (options.status) {
    case 'ok':
      return {
        status: 'ok',
        execution_count: options.executionCount,
        payload: options.payload ?? [],
        user_expressions: {},
      };
    case 'error':
      return { status: 'error', execution_count: options.executionCount, ...options.error };
    case 'aborted':
      return { status: 'aborted' };
  }
}

function display({ data, metadata = {}, displayId }: DisplayOptions): Readonly<Record<string, unknown>> {
  return { data, metadata, transient: displayId === undefined ? {} : { display_id: displayId } };
}

function iopub(answer: Answer, msgType: string, content: Readonly<Record<string, unknown>>): KernelMessage {
  return buildMessage(answer, { channel: 'iopub', msgType, content, parent: answer.parent });
}

function reply(answer: Answer, msgType: string, content: Readonly<Record<string, unknown>>): KernelMessage {
  return buildMessage(answer, { channel: 'shell', msgType, content, parent: answer.parent });
}
