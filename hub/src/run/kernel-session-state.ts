/**
 * Pure: the life of one kernel's runs as a function of events. Times and ids come as arguments; the shell
 * (kernel-session.ts) hands in one event at a time and carries the effects out in their order.
 *
 * It guarantees: at most one execute_request is with the kernel; a run ends at its reply *and* its idle, whichever
 * is first (J7); its settlement is asked for only after its last output was handed over; a kernel that died or was
 * restarted never leaves a run without an end.
 *
 * While the way to the kernel is broken (`reconnecting`) the run stays, and after `hostFound` goes on: what the host kept
 * is told again before that, and older things among it, from before the run was sent, change nothing.
 */
import { parentId } from '@cokernel/proto/jupyter';
import type { KernelMessage, MessageHeader } from '@cokernel/proto/jupyter';
import type { HeldReason, KernelStatus, PromptView, RunId } from '@cokernel/proto/hub';
import { PromptId } from '@cokernel/proto/hub';
import type { RunTimes } from '@cokernel/proto/notebook';
import type { HostedKernelState, KernelInfo } from '../kernel/kernel-host.js';
import type { ExecuteReply } from './execute-reply.js';
import { executionCountOf, readExecuteReply } from './execute-reply.js';
import { readPayloads } from './payloads.js';
import type { QueuedRun, QueueSnapshot, Settlement } from './run-queue.js';

/** The run that the kernel works on. */
interface CurrentRun {
  readonly run: QueuedRun;
  readonly reply: ExecuteReply | null;
  readonly idle: boolean;
  readonly executionCount: number | null;
  readonly times: RunTimes;
  /** Somebody interrupted it before the kernel had begun with it: a signal sent then is lost. */
  readonly interruptWanted: boolean;
  /** The kernel is known to have got it: the host took it, or something that belongs to it was heard. */
  readonly traced: boolean;
  /** Its request was given to the host, by this owner or by an earlier one, and may have reached the kernel. */
  readonly begun: boolean;
  /** Messages from before its first trace are lost: its own may be among them. */
  readonly lossBefore: Loss | null;
}

/** Messages up to `upTo` that never came. */
interface Loss {
  readonly upTo: number;
  readonly reason: string;
}

type KernelPhase =
  | { readonly phase: 'starting' }
  | { readonly phase: 'ready' }
  | { readonly phase: 'restarting' }
  | { readonly phase: 'reconnecting' }
  | { readonly phase: 'dead'; readonly reason: string }
  | { readonly phase: 'failed'; readonly reason: string };

export interface KernelSessionState {
  readonly kernel: KernelPhase;
  readonly kernelInfo: KernelInfo | null;
  readonly current: CurrentRun | null;
  /** A take is under way, or a settlement: no other step of the queue may start. */
  readonly stepping: 'taking' | 'settling' | null;
  /** Something may wait in the queue. */
  readonly work: boolean;
  readonly prompt: PromptView | null;
  /** The header to which the prompt's answer belongs. */
  readonly promptRequest: MessageHeader | null;
}

export const initialState: KernelSessionState = {
  kernel: { phase: 'starting' },
  kernelInfo: null,
  current: null,
  stepping: null,
  work: true,
  prompt: null,
  promptRequest: null,
};

export type SessionEvent =
  | { readonly type: 'queueChanged'; readonly snapshot: QueueSnapshot }
  | { readonly type: 'runTaken'; readonly run: QueuedRun }
  | { readonly type: 'nothingTaken' }
  /** An earlier owner took it, and may have sent it; what follows is told after `hostLost`. */
  | { readonly type: 'runResumed'; readonly run: QueuedRun }
  /** It had ended, and its end is stored: what is left is to settle it. */
  | { readonly type: 'runHadEnded'; readonly end: Settlement }
  /** Nobody can go on with it. */
  | { readonly type: 'runGivenUp'; readonly reason: string; readonly at: string }
  /** The host has the run's request. */
  | { readonly type: 'requestTraced'; readonly runId: string }
  /** What the kernel said up to this seq, if anything, is lost. */
  | { readonly type: 'messagesLost'; readonly upTo: number; readonly reason: string }
  /** The kernel was asked behind this run, and has answered. */
  | { readonly type: 'kernelPassed'; readonly runId: RunId; readonly at: string }
  | { readonly type: 'hostLost' }
  /** The way to the kernel is there again, and all that the host kept was told. */
  | {
      readonly type: 'hostFound';
      readonly state: HostedKernelState;
      readonly kernelInfo: KernelInfo | null;
      /** False: a run without a trace may have been sent all the same. */
      readonly knowsAllRequests: boolean;
      /** Of a kernel that is dead. */
      readonly reason: string;
      readonly at: string;
    }
  /** A run was taken whose notebook can't be written: it is not sent. */
  | { readonly type: 'targetMissing'; readonly run: QueuedRun; readonly reason: string; readonly at: string }
  | { readonly type: 'messageArrived'; readonly message: KernelMessage; readonly at: string }
  | { readonly type: 'runSettled' }
  | { readonly type: 'requestNotSent'; readonly runId: RunId; readonly reason: string; readonly at: string }
  | { readonly type: 'kernelBecameReady'; readonly kernelInfo: KernelInfo; readonly at: string }
  /** `asked`: a person restarts it; otherwise its process died and is started anew. */
  | { readonly type: 'kernelRestarting'; readonly asked: boolean; readonly reason: string; readonly at: string }
  | { readonly type: 'kernelDied'; readonly reason: string; readonly at: string }
  | { readonly type: 'promptAnswered'; readonly promptId: PromptId }
  | { readonly type: 'interruptAsked' }
  | { readonly type: 'interruptSent' }
  /** The kernel was idle again, but no reply came in time after it: an interrupt may have cut it off. */
  | { readonly type: 'replyMissed'; readonly runId: RunId; readonly at: string };

export type SessionEffect =
  | { readonly type: 'takeNext' }
  /** Mark the target as running and send the execute_request. */
  | { readonly type: 'begin'; readonly run: QueuedRun }
  | { readonly type: 'writeOutput'; readonly runId: RunId; readonly message: KernelMessage }
  /** After all output of the run is stored. */
  | { readonly type: 'settle'; readonly run: QueuedRun; readonly end: Settlement; readonly times: RunTimes }
  | { readonly type: 'settleStored'; readonly run: QueuedRun; readonly end: Settlement }
  | { readonly type: 'hold'; readonly reason: HeldReason }
  /** The run's output shows that some of it may be missing, unless it was stored before. */
  | { readonly type: 'tellLoss'; readonly runId: RunId; readonly upTo: number; readonly reason: string }
  /** Tell `kernelPassed` when the kernel answers. */
  | { readonly type: 'askWhetherPassed'; readonly runId: RunId }
  | { readonly type: 'interruptKernel' }
  /** Shut the kernel down for good; `reason` is told to everybody. */
  | { readonly type: 'exitKernel'; readonly reason: string }
  /** Tell `replyMissed` unless the run ends soon. */
  | { readonly type: 'expectReply'; readonly runId: RunId }
  | { readonly type: 'answerRequest'; readonly message: KernelMessage }
  | { readonly type: 'failRequests'; readonly reason: string }
  | { readonly type: 'notifyKernel' }
  | { readonly type: 'notifyPrompt' };

export interface Transition {
  readonly state: KernelSessionState;
  readonly effects: readonly SessionEffect[];
}

/** What people are shown. */
export function kernelStatus(state: KernelSessionState): KernelStatus {
  switch (state.kernel.phase) {
    case 'ready':
      return state.current === null ? 'idle' : 'busy';
    case 'starting':
    case 'restarting':
    case 'reconnecting':
    case 'dead':
    case 'failed':
      return state.kernel.phase;
  }
}

export function transition(state: KernelSessionState, event: SessionEvent): Transition {
  switch (event.type) {
    case 'queueChanged':
      return takeIfFree({ ...state, work: event.snapshot.queued.length > 0 && event.snapshot.held === null });
    case 'runTaken':
      return runTaken(state, event.run);
    case 'nothingTaken':
      return takeIfFree({ ...state, stepping: null });
    case 'runResumed':
      return same(begun(withTaken(state, event.run)));
    case 'runHadEnded':
      return runHadEnded(state, event.end);
    case 'runGivenUp':
      return endCurrent(state, 'lost', event.reason, event.at);
    case 'requestTraced':
      return same(traced(state, event.runId));
    case 'messagesLost':
      return messagesLost(state, { upTo: event.upTo, reason: event.reason });
    case 'kernelPassed':
      return state.current?.run.view.runId === event.runId ? kernelPassed(state, event.at) : same(state);
    case 'hostLost':
      return hostLost(state);
    case 'hostFound':
      return hostFound(state, event);
    case 'targetMissing':
      return endCurrent(withTaken(state, event.run), 'failed', event.reason, event.at);
    case 'messageArrived':
      return messageArrived(state, event.message, event.at);
    case 'runSettled':
      return takeIfFree({ ...state, stepping: null, work: true });
    case 'requestNotSent':
      return state.current?.run.view.runId === event.runId
        ? endCurrent(state, 'lost', event.reason, event.at)
        : { state, effects: [] };
    case 'kernelBecameReady':
      return kernelBecameReady(state, event.kernelInfo, event.at);
    case 'kernelRestarting':
      return kernelRestarting(state, event);
    case 'kernelDied':
      return isHistory(state) ? same(state) : kernelDied(state, event.reason, event.at);
    case 'promptAnswered':
      return state.prompt?.promptId === event.promptId ? clearPrompt(state) : { state, effects: [] };
    case 'interruptAsked':
      return interruptAsked(state);
    case 'interruptSent':
      return clearPrompt(state);
    case 'replyMissed':
      return state.current?.run.view.runId === event.runId
        ? endCurrent(state, 'failed', 'the kernel ended it without a reply', event.at)
        : { state, effects: [] };
  }
}

function interruptAsked(state: KernelSessionState): Transition {
  const { current } = state;
  if (current === null) return same(state);
  if (current.times.busy !== undefined) return { state, effects: [{ type: 'interruptKernel' }] };
  return same(withCurrent(state, { ...current, interruptWanted: true }));
}

function takeIfFree(state: KernelSessionState): Transition {
  const free = state.kernel.phase === 'ready' && state.current === null && state.stepping === null && state.work;
  if (!free) return { state, effects: [] };
  // `work` is spent here: a change that comes while this take is under way sets it again and is not missed.
  return { state: { ...state, stepping: 'taking', work: false }, effects: [{ type: 'takeNext' }] };
}

function runTaken(state: KernelSessionState, run: QueuedRun): Transition {
  const taken = withTaken(state, run);
  if (state.kernel.phase === 'reconnecting') return { state: taken, effects: [{ type: 'notifyKernel' }] };
  if (state.kernel.phase !== 'ready') {
    // The kernel went away while the run was being taken: it was never sent.
    return endCurrent(
      taken,
      'lost',
      'the kernel ended before it could run this',
      run.view.startedAt ?? run.view.queuedAt,
    );
  }
  return { state: begun(taken), effects: [{ type: 'begin', run }, { type: 'notifyKernel' }] };
}

function begun(state: KernelSessionState): KernelSessionState {
  return state.current === null ? state : withCurrent(state, { ...state.current, begun: true });
}

function withTaken(state: KernelSessionState, run: QueuedRun): KernelSessionState {
  return {
    ...state,
    stepping: null,
    current: {
      run,
      reply: null,
      idle: false,
      executionCount: null,
      times: {},
      interruptWanted: false,
      traced: false,
      begun: false,
      lossBefore: null,
    },
  };
}

// What outlives the hub or the keeper ------------------------------------------------------------------------------

function runHadEnded(state: KernelSessionState, end: Settlement): Transition {
  const { current } = state;
  if (current === null) return same(state);
  const effects: SessionEffect[] = [{ type: 'settleStored', run: current.run, end }];
  return { state: { ...state, current: null, stepping: 'settling' }, effects };
}

function traced(state: KernelSessionState, runId: string): KernelSessionState {
  const { current } = state;
  if (current?.run.view.runId !== runId || current.traced) return state;
  // The request itself was heard of: what was lost was before it.
  return withCurrent(state, { ...current, traced: true, lossBefore: null });
}

function messagesLost(state: KernelSessionState, loss: Loss): Transition {
  const { current } = state;
  if (current === null) return same(state);
  if (!current.traced) return same(withCurrent(state, { ...current, lossBefore: loss }));
  return { state, effects: lossEffects(current.run.view.runId, loss) };
}

/** The run's end may be among what was lost: the kernel, asked behind the run, says when it is over. */
function lossEffects(runId: RunId, loss: Loss): readonly SessionEffect[] {
  return [
    { type: 'tellLoss', runId, ...loss },
    { type: 'askWhetherPassed', runId },
  ];
}

/** Anything that belongs to the run shows that it was sent. */
function heardOf(state: KernelSessionState, current: CurrentRun): Transition {
  const { lossBefore } = current;
  const heard = withCurrent(state, { ...current, traced: true, lossBefore: null });
  return { state: heard, effects: lossBefore === null ? [] : lossEffects(current.run.view.runId, lossBefore) };
}

function kernelPassed(state: KernelSessionState, at: string): Transition {
  const { current } = state;
  if (current?.traced !== true) return same(state);
  if (current.reply !== null) return endIfComplete(withCurrent(state, { ...current, idle: true }), at);
  return endCurrent(state, 'lost', 'its end was lost: nobody was there to hear it', at);
}

function hostLost(state: KernelSessionState): Transition {
  const effects: SessionEffect[] = [
    { type: 'failRequests', reason: 'the way to the kernel broke' },
    { type: 'notifyKernel' },
  ];
  return { state: { ...state, kernel: { phase: 'reconnecting' } }, effects };
}

function hostFound(state: KernelSessionState, found: Extract<SessionEvent, { type: 'hostFound' }>): Transition {
  if (found.state === 'dead') return kernelDied(state, found.reason, found.at);
  const phase = found.state === 'ready' ? 'ready' : found.state;
  const kernelInfo = found.kernelInfo ?? state.kernelInfo;
  const there: KernelSessionState = { ...state, kernel: { phase }, kernelInfo };
  const resumed = untracedRun(there, found);
  const next = takeIfFree(resumed.state);
  return { state: next.state, effects: [...resumed.effects, { type: 'notifyKernel' }, ...next.effects] };
}

/** A host that knows every request takes it, or says that it was sent; with another one nobody can know. */
function untracedRun(state: KernelSessionState, found: Extract<SessionEvent, { type: 'hostFound' }>): Transition {
  const { current } = state;
  if (current === null || current.traced) return same(state);
  if (found.knowsAllRequests || !current.begun) {
    return { state: begun(state), effects: [{ type: 'begin', run: current.run }] };
  }
  return endCurrent(state, 'lost', 'nobody knows whether the kernel got it', found.at);
}

// The kernel's life ------------------------------------------------------------------------------------------------

/** After a take-over by another keeper the kernel has done with the run that it had. */
function kernelBecameReady(state: KernelSessionState, kernelInfo: KernelInfo, at: string): Transition {
  const passed = kernelPassed(state, at);
  const known = { ...passed.state, kernelInfo };
  // What the host kept is being told again: how the kernel is now comes at its end.
  if (state.kernel.phase === 'reconnecting') return { state: known, effects: passed.effects };
  const next = takeIfFree({ ...known, kernel: { phase: 'ready' } });
  return { state: next.state, effects: [...passed.effects, { type: 'notifyKernel' }, ...next.effects] };
}

function kernelRestarting(
  state: KernelSessionState,
  { asked, reason, at }: Extract<SessionEvent, { type: 'kernelRestarting' }>,
): Transition {
  if (isHistory(state)) return same(state);
  const phase = state.kernel.phase === 'reconnecting' ? 'reconnecting' : 'restarting';
  const gone = kernelGone(state, { phase }, reason, at, asked ? 'cancelled' : 'lost');
  if (asked) return gone;
  return { state: gone.state, effects: [...gone.effects, { type: 'hold', reason: 'kernelDied' }] };
}

/** Told again after the way to the kernel broke, and from before the run that goes on, if one does. */
function isHistory(state: KernelSessionState): boolean {
  return state.kernel.phase === 'reconnecting' && state.current?.traced !== true;
}

function kernelDied(state: KernelSessionState, reason: string, at: string): Transition {
  const neverReady = state.kernel.phase === 'starting' && state.kernelInfo === null;
  const gone = kernelGone(state, { phase: neverReady ? 'failed' : 'dead', reason }, reason, at, 'lost');
  return { state: gone.state, effects: [...gone.effects, { type: 'hold', reason: 'kernelDied' }] };
}

function kernelGone(
  state: KernelSessionState,
  kernel: KernelPhase,
  reason: string,
  at: string,
  end: 'lost' | 'cancelled',
): Transition {
  const cleared = clearPrompt(state);
  const ended = endCurrent(cleared.state, end, reason, at);
  return {
    state: { ...ended.state, kernel },
    effects: [{ type: 'failRequests', reason }, ...cleared.effects, ...ended.effects, { type: 'notifyKernel' }],
  };
}

function clearPrompt(state: KernelSessionState): Transition {
  if (state.prompt === null) return { state, effects: [] };
  return { state: { ...state, prompt: null, promptRequest: null }, effects: [{ type: 'notifyPrompt' }] };
}

function messageArrived(state: KernelSessionState, message: KernelMessage, at: string): Transition {
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
      return ofCurrent ? statusArrived(state, current, message, at) : same(state);
    if (message.header.msg_type === 'execute_input') {
      return ofCurrent ? executeInputArrived(state, current, message, at) : same(state);
    }
    return parent === null ? same(state) : outputArrived(state, parent as RunId, message);
  }
  if (message.channel === 'stdin') return ofCurrent ? promptArrived(state, current, message) : same(state);
  if (message.header.msg_type === 'execute_reply' && ofCurrent) return replyArrived(state, current, message, at);
  return { state, effects: [{ type: 'answerRequest', message }, ...strayPayloads(current, message)] };
}

const same = (state: KernelSessionState): Transition => ({ state, effects: [] });

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
      return busyArrived(state, current, at);
    case 'idle':
      return idleArrived(state, current, at);
    default:
      return same(state);
  }
}

function busyArrived(state: KernelSessionState, current: CurrentRun, at: string): Transition {
  const begun = { ...current, times: { ...current.times, busy: at }, interruptWanted: false };
  const effects: SessionEffect[] = current.interruptWanted ? [{ type: 'interruptKernel' }] : [];
  return { state: withCurrent(state, begun), effects };
}

function idleArrived(state: KernelSessionState, current: CurrentRun, at: string): Transition {
  const idle = withCurrent(state, { ...current, idle: true, times: { ...current.times, idle: at } });
  if (current.reply !== null) return endIfComplete(idle, at);
  return { state: idle, effects: [{ type: 'expectReply', runId: current.run.view.runId }] };
}

function executeInputArrived(
  state: KernelSessionState,
  current: CurrentRun,
  message: KernelMessage,
  at: string,
): Transition {
  const times = { ...current.times, executeInput: at };
  return same(
    withCurrent(state, { ...current, executionCount: executionCountOf(message) ?? current.executionCount, times }),
  );
}

function replyArrived(state: KernelSessionState, current: CurrentRun, message: KernelMessage, at: string): Transition {
  const reply = readExecuteReply(message);
  const executionCount = reply.executionCount ?? current.executionCount;
  const times = { ...current.times, executeReply: at };
  const ended = endIfComplete(withCurrent(state, { ...current, reply, executionCount, times }), at);
  if (readPayloads(message.content).length === 0) return ended;
  return {
    state: ended.state,
    effects: [{ type: 'writeOutput', runId: current.run.view.runId, message }, ...ended.effects],
  };
}

/** A kernel has one list of payloads: a reply to a question beside the run may carry off what is the run's. */
function strayPayloads(current: CurrentRun | null, message: KernelMessage): readonly SessionEffect[] {
  if (current === null || readPayloads(message.content).length === 0) return [];
  return [{ type: 'writeOutput', runId: current.run.view.runId, message }];
}

function endIfComplete(state: KernelSessionState, at: string): Transition {
  const current = state.current;
  if (current === null || current.reply === null || !current.idle) return same(state);
  const ends = { ok: 'succeeded', error: 'failed', aborted: 'cancelled' } as const;
  const ended = endCurrent(state, ends[current.reply.status], current.reply.reason, at);
  return current.reply.asksExit ? withExit(ended, current.run.view.author.name) : ended;
}

/** The kernel ends by itself in a moment, as the code wanted it (J15): nothing more is sent, and it is no death. */
function withExit(ended: Transition, by: string): Transition {
  const reason = `the kernel was ended by code of ${by}`;
  const state: KernelSessionState = { ...ended.state, kernel: { phase: 'dead', reason } };
  return { state, effects: [...ended.effects, { type: 'failRequests', reason }, { type: 'exitKernel', reason }] };
}

function endCurrent(
  state: KernelSessionState,
  end: Settlement['state'],
  reason: string | null,
  at: string,
): Transition {
  const current = state.current;
  if (current === null) return same(state);
  const settlement: Settlement = { state: end, finishedAt: at, executionCount: current.executionCount, reason };
  const cleared = clearPrompt(state);
  const effects: SessionEffect[] = [
    ...cleared.effects,
    { type: 'settle', run: current.run, end: settlement, times: current.times },
    { type: 'notifyKernel' },
  ];
  return { state: { ...cleared.state, current: null, stepping: 'settling' }, effects };
}

function withCurrent(state: KernelSessionState, current: CurrentRun): KernelSessionState {
  return { ...state, current };
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
