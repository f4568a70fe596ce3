/**
 * Pure: what people ask a kernel beside their runs (completion, inspection, is_complete, variables): the request for
 * each, and what is told of its reply.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { completeRequest, inspectRequest, isCompleteRequest } from '@cokernel/proto/jupyter';
import { readVariables, variablesRequest } from './variables.js';

/** `cursorPos` counts code points. */
export type KernelQuestion =
  | { readonly kind: 'complete'; readonly code: string; readonly cursorPos: number }
  | { readonly kind: 'inspect'; readonly code: string; readonly cursorPos: number; readonly detailLevel: 0 | 1 }
  | { readonly kind: 'isComplete'; readonly code: string }
  | { readonly kind: 'variables' };

export type ReplyContent = Readonly<Record<string, unknown>>;

export interface AskingOptions {
  /** Null for the kernel's shell channel itself. */
  readonly subshellId: string | null;
  /** Of what runs: in ipykernel the newest request decides for all whether code may ask people. */
  readonly allowStdin: boolean;
}

export function requestOf(question: KernelQuestion, sender: Sender, options: AskingOptions): KernelMessage {
  return atSubshell(plainRequestOf(question, sender, options.allowStdin), options.subshellId);
}

/** With the subshell's id the kernel answers beside what runs. */
export function atSubshell(request: KernelMessage, subshellId: string | null): KernelMessage {
  return subshellId === null ? request : { ...request, header: { ...request.header, subshell_id: subshellId } };
}

function plainRequestOf(question: KernelQuestion, sender: Sender, allowStdin: boolean): KernelMessage {
  switch (question.kind) {
    case 'complete':
      return completeRequest(sender, question.code, question.cursorPos);
    case 'inspect':
      return inspectRequest(sender, question.code, question.cursorPos, question.detailLevel);
    case 'isComplete':
      return isCompleteRequest(sender, question.code);
    case 'variables':
      return variablesRequest(sender, allowStdin);
  }
}

export function answerOf(question: KernelQuestion, reply: ReplyContent): ReplyContent {
  return question.kind === 'variables' ? { ...readVariables(reply) } : reply;
}
