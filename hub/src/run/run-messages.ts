/** Pure: what a kernel's messages mean for its session: output, status, replies, questions. */
import { parentId } from '@cokernel/proto/jupyter';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { PromptView, RunId } from '@cokernel/proto/hub';
import { PromptId } from '@cokernel/proto/hub';
import { endIfComplete, withCurrent } from './current-run.js';
import { executionCountOf, readExecuteReply } from './execute-reply.js';
import { answersHub } from './hub-request.js';
import type { CurrentRun, KernelSessionState, SessionEffect, Transition } from './kernel-session-model.js';
import { same } from './kernel-session-model.js';
import { readPayloads } from './payloads.js';
import { heardOf } from './run-traces.js';

export function messageArrived(state: KernelSessionState, message: KernelMessage, at: string): Transition {
  const parent = parentId(message);
  if (state.current !== null && !state.current.traced && parent === state.current.run.view.runId) {
    const heard = heardOf(state, state.current);
    const next = messageArrived(heard.state, message, at);
    return { state: next.state, effects: [...heard.effects, ...next.effects] };
  }
  const current = state.current;
  const ofCurrent = current !== null && parent === current.run.view.runId;
  if (message.channel === 'iopub') {
    if (message.header.msg_type === 'status')
      return ofCurrent ? statusArrived(state, current, message, at) : statusBesideArrived(state, message);
    if (message.header.msg_type === 'execute_input') {
      return ofCurrent ? executeInputArrived(state, current, message, at) : same(state);
    }
    return parent === null ? same(state) : outputArrived(state, parent as RunId, message);
  }
  if (message.channel === 'stdin') return ofCurrent ? promptArrived(state, current, message) : same(state);
  if (message.header.msg_type === 'execute_reply' && ofCurrent) return replyArrived(state, current, message, at);
  return { state, effects: [{ type: 'answerRequest', message }, ...strayPayloads(current, message)] };
}

const outputTypes = new Set([
  'stream',
  'display_data',
  'update_display_data',
  'execute_result',
  'error',
  'clear_output',
]);

/** Also for runs that ended already: a thread that prints late still lands in its cell (J7). */
function outputArrived(state: KernelSessionState, runId: RunId, message: KernelMessage): Transition {
  if (!outputTypes.has(message.header.msg_type)) return same(state);
  return { state, effects: [{ type: 'writeOutput', runId, message }] };
}

function statusArrived(state: KernelSessionState, current: CurrentRun, message: KernelMessage, at: string): Transition {
  switch (message.content['execution_state']) {
    case 'busy':
      return busyArrived(state, current, dateOf(message, at));
    case 'idle':
      return idleArrived(state, current, message, at);
    default:
      return same(state);
  }
}

function statusBesideArrived(state: KernelSessionState, message: KernelMessage): Transition {
  const requestId = parentId(message);
  if (requestId === null || message.content['execution_state'] !== 'idle' || !answersHub(message)) return same(state);
  return { state, effects: [{ type: 'requestDone', requestId }] };
}

function busyArrived(state: KernelSessionState, current: CurrentRun, busy: string): Transition {
  const begun = { ...current, times: { ...current.times, busy }, interruptWanted: false };
  const effects: SessionEffect[] = current.interruptWanted ? [{ type: 'interruptKernel' }] : [];
  return { state: withCurrent(state, begun), effects };
}

function idleArrived(state: KernelSessionState, current: CurrentRun, message: KernelMessage, at: string): Transition {
  const times = { ...current.times, idle: dateOf(message, at) };
  const idle = withCurrent(state, { ...current, idle: true, times });
  if (current.reply !== null) return endIfComplete(idle, at);
  return { state: idle, effects: [{ type: 'expectReply', runId: current.run.view.runId }] };
}

function executeInputArrived(
  state: KernelSessionState,
  current: CurrentRun,
  message: KernelMessage,
  at: string,
): Transition {
  const times = { ...current.times, executeInput: dateOf(message, at) };
  return same(
    withCurrent(state, { ...current, executionCount: executionCountOf(message) ?? current.executionCount, times }),
  );
}

function replyArrived(state: KernelSessionState, current: CurrentRun, message: KernelMessage, at: string): Transition {
  const reply = readExecuteReply(message);
  const executionCount = reply.executionCount ?? current.executionCount;
  const { started } = message.metadata;
  const replyStarted = typeof started === 'string' ? { replyStarted: started } : {};
  const times = { ...current.times, ...replyStarted, executeReply: dateOf(message, at) };
  const ended = endIfComplete(withCurrent(state, { ...current, reply, executionCount, times }), at);
  if (readPayloads(message.content).length === 0) return ended;
  return {
    state: ended.state,
    effects: [{ type: 'writeOutput', runId: current.run.view.runId, message }, ...ended.effects],
  };
}

/** As JupyterLab takes the times of a run: from the kernel's clock, where it tells. */
function dateOf({ header }: KernelMessage, at: string): string {
  return Number.isNaN(Date.parse(header.date)) ? at : header.date;
}

/** A kernel has one list of payloads: a reply to a question beside the run may carry off what is the run's. */
function strayPayloads(current: CurrentRun | null, message: KernelMessage): readonly SessionEffect[] {
  if (current === null || readPayloads(message.content).length === 0) return [];
  return [{ type: 'writeOutput', runId: current.run.view.runId, message }];
}

function promptArrived(state: KernelSessionState, current: CurrentRun, message: KernelMessage): Transition {
  if (message.header.msg_type !== 'input_request') return same(state);
  const { view } = current.run;
  const text = message.content['prompt'];
  const prompt: PromptView = {
    promptId: PromptId.parse(message.header.msg_id),
    runId: view.runId,
    cellId: view.target.kind === 'cell' ? view.target.cellId : null,
    asked: view.author,
    text: typeof text === 'string' ? text : '',
    password: message.content['password'] === true,
  };
  return { state: { ...state, prompt, promptRequest: message.header }, effects: [{ type: 'notifyPrompt' }] };
}
