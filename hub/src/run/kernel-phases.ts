/**
 * Pure: how a kernel starts, is lost from sight and found again, restarts and dies, and what that does to its run: none
 * is left without an end.
 */
import { begun, clearPrompt, endCurrent, takeIfFree } from './current-run.js';
import type {
  KernelPhase,
  KernelSessionState,
  SessionEffect,
  SessionEvent,
  Transition,
} from './kernel-session-model.js';
import { same } from './kernel-session-model.js';
import type { KernelInfo } from '../kernel/kernel-host.js';
import { kernelPassed } from './run-traces.js';

export function hostLost(state: KernelSessionState): Transition {
  const effects: SessionEffect[] = [
    { type: 'failRequests', reason: 'the way to the kernel broke' },
    { type: 'notifyKernel' },
  ];
  return { state: { ...state, kernel: { phase: 'reconnecting' } }, effects };
}

export function hostFound(state: KernelSessionState, found: Extract<SessionEvent, { type: 'hostFound' }>): Transition {
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

/** After a take-over by another keeper the kernel has done with the run that it had. */
export function kernelBecameReady(state: KernelSessionState, kernelInfo: KernelInfo, at: string): Transition {
  const passed = kernelPassed(state, at);
  const known = { ...passed.state, kernelInfo };
  // What the host kept is being told again: how the kernel is now comes at its end.
  if (state.kernel.phase === 'reconnecting') return { state: known, effects: passed.effects };
  const next = takeIfFree({ ...known, kernel: { phase: 'ready' } });
  return { state: next.state, effects: [...passed.effects, { type: 'notifyKernel' }, ...next.effects] };
}

export function kernelRestarting(
  state: KernelSessionState,
  { asked, reason, at }: Extract<SessionEvent, { type: 'kernelRestarting' }>,
): Transition {
  if (isHistory(state)) return same(state);
  const phase = state.kernel.phase === 'reconnecting' ? 'reconnecting' : 'restarting';
  const gone = kernelGone(state, { phase }, reason, at, asked ? 'cancelled' : 'lost');
  if (asked) return gone;
  return { state: gone.state, effects: [...gone.effects, { type: 'hold', reason: 'kernelDied' }] };
}

export function kernelDied(state: KernelSessionState, reason: string, at: string): Transition {
  const neverReady = state.kernel.phase === 'starting' && state.kernelInfo === null;
  const gone = kernelGone(state, { phase: neverReady ? 'failed' : 'dead', reason }, reason, at, 'lost');
  return { state: gone.state, effects: [...gone.effects, { type: 'hold', reason: 'kernelDied' }] };
}

/** Told again after the way to the kernel broke, and from before the run that goes on, if one does. */
export function isHistory(state: KernelSessionState): boolean {
  return state.kernel.phase === 'reconnecting' && state.current?.traced !== true;
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
