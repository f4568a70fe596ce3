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
import type { KernelStatus } from '@cokernel/proto/hub';
import {
  askAgain,
  begun,
  clearPrompt,
  endCurrent,
  interruptAsked,
  runTaken,
  takeIfFree,
  timeLimitPassed,
  withTaken,
} from './current-run.js';
import { hostFound, hostLost, isHistory, kernelBecameReady, kernelDied, kernelRestarting } from './kernel-phases.js';
import type { KernelSessionState, SessionEvent, Transition } from './kernel-session-model.js';
import { same } from './kernel-session-model.js';
import { messageArrived } from './run-messages.js';
import { kernelPassed, messagesLost, replyMissed, runHadEnded, traced } from './run-traces.js';

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
    case 'queueBack':
      return takeIfFree({ ...state, work: true });
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
    case 'answerNotTaken':
      return askAgain(state, event.prompt, event.request);
    case 'interruptAsked':
      return interruptAsked(state);
    case 'timeLimitPassed':
      return timeLimitPassed(state, event.runId, event.mostSeconds);
    case 'interruptSent':
      return clearPrompt(state);
    case 'replyMissed':
      return replyMissed(state, event.runId);
  }
}
