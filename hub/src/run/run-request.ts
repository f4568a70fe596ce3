/**
 * Pure: the execute_request of a run. A stock client's goes out with the header, metadata and content that it came with,
 * so that its sender finds the answers to it.
 */
import { executeRequest } from '@cokernel/proto/jupyter';
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import type { QueuedRun } from './run-queue.js';

/** The kernel is never asked to stop on errors: it would abort the waiting requests of everybody, the hub ends a batch. */
export function requestOf(run: QueuedRun, sender: Omit<Sender, 'msgId'>): KernelMessage {
  const { source, silent, storeHistory, allowStdin, request } = run;
  if (request !== null) {
    const content = { ...request.content, code: source, stop_on_error: false };
    return { channel: 'shell', parent_header: {}, buffers: [], ...request, content };
  }
  return executeRequest(
    { ...sender, msgId: run.view.runId },
    { code: source, silent, storeHistory, allowStdin, stopOnError: false },
  );
}
