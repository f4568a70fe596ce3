/**
 * Pure: the run that a kernel works on, from its taking to its end: at its reply *and* its idle, whichever is first (J7).
 */
import type { MessageHeader } from '@cokernel/proto/jupyter';
import type { PromptView, RunId } from '@cokernel/proto/hub';
import type { ExecuteReply } from './execute-reply.js';
import type { CurrentRun, KernelSessionState, SessionEffect, Transition } from './kernel-session-model.js';
import { same } from './kernel-session-model.js';
import type { QueuedRun, Settlement } from './run-queue.js';

export function takeIfFree(state: KernelSessionState): Transition {
  const free = state.kernel.phase === 'ready' && state.current === null && state.stepping === null && state.work;
  if (!free) return { state, effects: [] };
  // `work` is spent here: a change that comes while this take is under way sets it again and is not missed.
  return { state: { ...state, stepping: 'taking', work: false }, effects: [{ type: 'takeNext' }] };
}

export function runTaken(state: KernelSessionState, run: QueuedRun): Transition {
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

export function begun(state: KernelSessionState): KernelSessionState {
  return state.current === null ? state : withCurrent(state, { ...state.current, begun: true });
}

export function withTaken(state: KernelSessionState, run: QueuedRun): KernelSessionState {
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
      overSeconds: null,
      traced: false,
      begun: false,
      lossBefore: null,
      mayLackReply: false,
    },
  };
}

export function interruptAsked(state: KernelSessionState): Transition {
  const { current } = state;
  if (current === null) return same(state);
  if (current.times.busy !== undefined) return { state, effects: [{ type: 'interruptKernel' }] };
  return same(withCurrent(state, { ...current, interruptWanted: true }));
}

export function timeLimitPassed(state: KernelSessionState, runId: RunId, mostSeconds: number): Transition {
  const { current } = state;
  if (current?.run.view.runId !== runId) return same(state);
  const interrupted = interruptAsked(withCurrent(state, { ...current, overSeconds: mostSeconds }));
  if (current.overSeconds !== null) return interrupted;
  const told: SessionEffect = { type: 'tellOverTime', run: current.run, mostSeconds };
  return { state: interrupted.state, effects: [told, ...interrupted.effects] };
}

export function endIfComplete(state: KernelSessionState, at: string): Transition {
  const current = state.current;
  if (current === null || current.reply === null || !current.idle) return same(state);
  const ends = { ok: 'succeeded', error: 'failed', aborted: 'cancelled' } as const;
  const ended = endCurrent(state, ends[current.reply.status], reasonOf(current, current.reply), at);
  return current.reply.asksExit ? withExit(ended, current.run.view.author.name) : ended;
}

/** Of a run that its time limit interrupted, that is what a person should read. */
function reasonOf({ overSeconds }: CurrentRun, { status, reason }: ExecuteReply): string | null {
  return status === 'ok' || overSeconds === null ? reason : `interrupted: ${timeLimitText(overSeconds)}`;
}

export function timeLimitText(mostSeconds: number): string {
  return `the time limit of this queue is ${String(mostSeconds)} s a run`;
}

/** The kernel ends by itself in a moment, as the code wanted it (J15): nothing more is sent, and it is no death. */
function withExit(ended: Transition, by: string): Transition {
  const reason = `the kernel was ended by code of ${by}`;
  const state: KernelSessionState = { ...ended.state, kernel: { phase: 'dead', reason } };
  return { state, effects: [...ended.effects, { type: 'failRequests', reason }, { type: 'exitKernel', reason }] };
}

export function endCurrent(
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

export function withCurrent(state: KernelSessionState, current: CurrentRun): KernelSessionState {
  return { ...state, current };
}

export function clearPrompt(state: KernelSessionState): Transition {
  if (state.prompt === null) return { state, effects: [] };
  return { state: { ...state, prompt: null, promptRequest: null }, effects: [{ type: 'notifyPrompt' }] };
}

/** Of a question whose answer went lost, unless its run is over or has asked another. */
export function askAgain(state: KernelSessionState, prompt: PromptView, promptRequest: MessageHeader): Transition {
  if (state.current?.run.view.runId !== prompt.runId || state.prompt !== null) return same(state);
  return { state: { ...state, prompt, promptRequest }, effects: [{ type: 'notifyPrompt' }] };
}
