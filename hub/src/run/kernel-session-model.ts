/**
 * Pure: what a kernel session knows, what can happen to it (events, in the past tense), and what it then wants done
 * (effects, verbs). The rules that lead from one to the next are in kernel-session-state.ts and the files it names.
 */
import type { KernelMessage, MessageHeader } from '@cokernel/proto/jupyter';
import type { HeldReason, PromptId, PromptView, RunId } from '@cokernel/proto/hub';
import type { RunTimes } from '@cokernel/proto/notebook';
import type { HostedKernelState, KernelInfo } from '../kernel/kernel-host.js';
import type { ExecuteReply } from './execute-reply.js';
import type { QueuedRun, QueueSnapshot, Settlement } from './run-queue.js';

/** The run that the kernel works on. */
export interface CurrentRun {
  readonly run: QueuedRun;
  readonly reply: ExecuteReply | null;
  readonly idle: boolean;
  readonly executionCount: number | null;
  readonly times: RunTimes;
  /** Somebody interrupted it before the kernel had begun with it: a signal sent then is lost. */
  readonly interruptWanted: boolean;
  /** It took longer than the queue's rules allow, so many seconds; null: it did not. */
  readonly overSeconds: number | null;
  /** The kernel is known to have got it: the host took it, or something that belongs to it was heard. */
  readonly traced: boolean;
  /** Its request was given to the host, by this owner or by an earlier one, and may have reached the kernel. */
  readonly begun: boolean;
  /** Messages from before its first trace are lost: its own may be among them. */
  readonly lossBefore: Loss | null;
  /** Messages are lost among which its reply may be. */
  readonly mayLackReply: boolean;
}

/** Messages up to `upTo` that never came. */
export interface Loss {
  readonly upTo: number;
  readonly reason: string;
}

export type KernelPhase =
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
  /** Its store is in reach again. */
  | { readonly type: 'queueBack' }
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
  /** And nothing was taken in that step: the kernel could not have had it. */
  | { readonly type: 'runSettled' }
  | { readonly type: 'requestNotSent'; readonly runId: RunId; readonly reason: string; readonly at: string }
  | { readonly type: 'kernelBecameReady'; readonly kernelInfo: KernelInfo; readonly at: string }
  /** `asked`: a person restarts it; otherwise its process died and is started anew. */
  | { readonly type: 'kernelRestarting'; readonly asked: boolean; readonly reason: string; readonly at: string }
  | { readonly type: 'kernelDied'; readonly reason: string; readonly at: string }
  | { readonly type: 'promptAnswered'; readonly promptId: PromptId }
  /** Nobody knows whether the kernel got the answer. */
  | { readonly type: 'answerNotTaken'; readonly prompt: PromptView; readonly request: MessageHeader }
  | { readonly type: 'interruptAsked' }
  /** It takes longer than the queue's rules allow; told again as long as it goes on. */
  | { readonly type: 'timeLimitPassed'; readonly runId: RunId; readonly mostSeconds: number }
  | { readonly type: 'interruptSent' }
  /** The kernel was idle again, but no reply came in time after it: an interrupt may have cut it off, or the way to it is broken. */
  | { readonly type: 'replyMissed'; readonly runId: RunId };

export type SessionEffect =
  | { readonly type: 'takeNext' }
  /** Mark the target as running and send the execute_request. */
  | { readonly type: 'begin'; readonly run: QueuedRun }
  | { readonly type: 'writeOutput'; readonly runId: RunId; readonly message: KernelMessage }
  /** After all output of the run is stored; takes the next one in the same step if the kernel can have it. */
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
  /** The run's author is told why it is interrupted. */
  | { readonly type: 'tellOverTime'; readonly run: QueuedRun; readonly mostSeconds: number }
  | { readonly type: 'answerRequest'; readonly message: KernelMessage }
  /** The kernel is idle again after the hub's own request. */
  | { readonly type: 'requestDone'; readonly requestId: string }
  | { readonly type: 'failRequests'; readonly reason: string }
  | { readonly type: 'notifyKernel' }
  | { readonly type: 'notifyPrompt' };

export interface Transition {
  readonly state: KernelSessionState;
  readonly effects: readonly SessionEffect[];
}

export const same = (state: KernelSessionState): Transition => ({ state, effects: [] });
