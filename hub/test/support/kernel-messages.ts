/** What a kernel says, in short, for tests. */
import type { Answer, ErrorContent, KernelMessage } from '@cokernel/proto/jupyter';
import {
  buildMessage,
  clearOutput,
  displayData,
  errorMessage,
  executeInput,
  executeReply,
  inputRequest,
  statusMessage,
  streamMessage,
  updateDisplayData,
} from '@cokernel/proto/jupyter';

let counter = 0;

/** In answer to the request with this id. */
function answerTo(requestId: string): Answer {
  counter += 1;
  const date = '2026-01-01T00:00:00.000Z';
  const sender = { msgId: `m${String(counter)}`, session: 's', username: 'kernel', date };
  const request = buildMessage({ ...sender, msgId: requestId }, { channel: 'shell', msgType: 'x', content: {} });
  return { ...sender, parent: request.header };
}

const failure = { ename: 'ValueError', evalue: 'no', traceback: [] };

export const says = {
  busy: (runId: string): KernelMessage => statusMessage(answerTo(runId), 'busy'),
  idle: (runId: string): KernelMessage => statusMessage(answerTo(runId), 'idle'),
  input: (runId: string, count: number): KernelMessage => executeInput(answerTo(runId), 'code', count),
  prints: (runId: string, text: string): KernelMessage => streamMessage(answerTo(runId), 'stdout', text),
  shows: (runId: string, data: Readonly<Record<string, unknown>>, displayId?: string): KernelMessage =>
    displayData(answerTo(runId), { data, ...(displayId === undefined ? {} : { displayId }) }),
  updates: (runId: string, displayId: string, data: Readonly<Record<string, unknown>>): KernelMessage =>
    updateDisplayData(answerTo(runId), { data, displayId }),
  clears: (runId: string): KernelMessage => clearOutput(answerTo(runId)),
  throws: (runId: string, error: ErrorContent): KernelMessage => errorMessage(answerTo(runId), error),
  raises: (runId: string): KernelMessage => errorMessage(answerTo(runId), failure),
  ok: (runId: string, executionCount = 1): KernelMessage =>
    executeReply(answerTo(runId), { status: 'ok', executionCount }),
  failed: (runId: string, executionCount = 1): KernelMessage =>
    executeReply(answerTo(runId), { status: 'error', executionCount, error: failure }),
  aborted: (runId: string): KernelMessage => executeReply(answerTo(runId), { status: 'aborted' }),
  asks: (runId: string, prompt = 'Name? ', password = false): KernelMessage =>
    inputRequest(answerTo(runId), prompt, password),
  completes: (requestId: string): KernelMessage =>
    buildMessage(answerTo(requestId), {
      channel: 'shell',
      msgType: 'complete_reply',
      content: { matches: [] },
      parent: answerTo(requestId).parent,
    }),
} as const;
