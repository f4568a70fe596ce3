/**
 * Pure: what is known of a run that an earlier owner began, or of which messages were lost: whether the kernel got it,
 * whether its output may be missing, whether it can still end by itself.
 */
import type { RunId } from '@cokernel/proto/hub';
import { endCurrent, endIfComplete, withCurrent } from './current-run.js';
import type { CurrentRun, KernelSessionState, Loss, SessionEffect, Transition } from './kernel-session-model.js';
import { same } from './kernel-session-model.js';
import type { Settlement } from './run-queue.js';

export function runHadEnded(state: KernelSessionState, end: Settlement): Transition {
  const { current } = state;
  if (current === null) return same(state);
  const effects: SessionEffect[] = [{ type: 'settleStored', run: current.run, end }];
  return { state: { ...state, current: null, stepping: 'settling' }, effects };
}

export function traced(state: KernelSessionState, runId: string): KernelSessionState {
  const { current } = state;
  if (current?.run.view.runId !== runId || current.traced) return state;
  // The request itself was heard of: what was lost was before it.
  return withCurrent(state, { ...current, traced: true, lossBefore: null });
}

export function messagesLost(state: KernelSessionState, loss: Loss): Transition {
  const { current } = state;
  if (current === null) return same(state);
  if (!current.traced) return same(withCurrent(state, { ...current, lossBefore: loss }));
  return {
    state: withCurrent(state, { ...current, mayLackReply: true }),
    effects: lossEffects(current.run.view.runId, loss),
  };
}

/** The run's end may be among what was lost: the kernel, asked behind the run, says when it is over. */
function lossEffects(runId: RunId, loss: Loss): readonly SessionEffect[] {
  return [
    { type: 'tellLoss', runId, ...loss },
    { type: 'askWhetherPassed', runId },
  ];
}

/** Anything that belongs to the run shows that it was sent. */
export function heardOf(state: KernelSessionState, current: CurrentRun): Transition {
  const { lossBefore } = current;
  const mayLackReply = current.mayLackReply || lossBefore !== null;
  const heard = withCurrent(state, { ...current, traced: true, lossBefore: null, mayLackReply });
  return { state: heard, effects: lossBefore === null ? [] : lossEffects(current.run.view.runId, lossBefore) };
}

export function kernelPassed(state: KernelSessionState, at: string): Transition {
  const { current } = state;
  if (current?.traced !== true) return same(state);
  if (current.reply !== null) return endIfComplete(withCurrent(state, { ...current, idle: true }), at);
  // All was heard up to the answer of the kernel, and no reply was there.
  if (current.idle && !current.mayLackReply)
    return endCurrent(state, 'failed', 'the kernel ended it without a reply', at);
  return endCurrent(state, 'lost', 'its end was lost: nobody was there to hear it', at);
}

/** The kernel is asked, behind the run: it answers when the way to it is there, and has replied by then if it does at all. */
export function replyMissed(state: KernelSessionState, runId: RunId): Transition {
  if (state.current?.run.view.runId !== runId) return same(state);
  const wait: SessionEffect = { type: 'expectReply', runId };
  // What the host kept, the reply among it, is told again.
  if (state.kernel.phase === 'reconnecting') return { state, effects: [wait] };
  return { state, effects: [{ type: 'askWhetherPassed', runId }, wait] };
}
