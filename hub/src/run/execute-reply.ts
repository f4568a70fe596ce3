/** Pure: what an execute_reply says of its run. */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { asksExit } from './payloads.js';

export interface ExecuteReply {
  readonly status: 'ok' | 'error' | 'aborted';
  readonly executionCount: number | null;
  readonly reason: string | null;
  /** The code has ended the kernel. */
  readonly asksExit: boolean;
}

export function readExecuteReply(message: KernelMessage): ExecuteReply {
  const { status, ename, evalue } = message.content;
  const told = { executionCount: executionCountOf(message), asksExit: asksExit(message.content) };
  if (status === 'ok') return { ...told, status, reason: null };
  if (status === 'aborted' || status === 'abort') {
    return { ...told, status: 'aborted', reason: 'the kernel aborted it' };
  }
  const error = [ename, evalue].filter((part) => typeof part === 'string' && part !== '').join(': ');
  return { ...told, status: 'error', reason: error === '' ? 'error' : error };
}

/** Of a reply or an execute_input. */
export function executionCountOf(message: KernelMessage): number | null {
  const count = message.content['execution_count'];
  return typeof count === 'number' ? count : null;
}
