/** The parts of one kernel session, made for each other and for the session that they belong to. */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { asHub } from './hub-request.js';
import { KernelComms } from './kernel-comms.js';
import { KernelHearing } from './kernel-hearing.js';
import { KernelPast } from './kernel-past.js';
import { KernelQuestions } from './kernel-questions.js';
import type { KernelSessionState, SessionEvent } from './kernel-session-model.js';
import type { KernelSessionOptions } from './kernel-session-options.js';
import { kernelStatus } from './kernel-session-state.js';
import { LiveRuns } from './live-runs.js';
import { QueueOwner } from './queue-owner.js';
import { RunPrompts } from './run-prompts.js';
import { RunSteps } from './run-steps.js';
import { RunTimeLimit } from './run-time-limit.js';
import { SessionAudience } from './session-audience.js';

/** The session as its parts see it. */
export interface SessionAccess {
  readonly state: () => KernelSessionState;
  readonly fence: () => number;
  readonly send: (message: KernelMessage) => Promise<void>;
  readonly sender: () => Sender;
  readonly now: () => string;
  /** A run that is taken now can be sent. */
  readonly mayTake: () => boolean;
  readonly handle: (event: SessionEvent) => void;
}

export interface SessionParts {
  readonly owner: QueueOwner;
  readonly questions: KernelQuestions;
  readonly liveRuns: LiveRuns;
  readonly comms: KernelComms;
  readonly audience: SessionAudience;
  readonly hearing: KernelHearing;
  readonly past: KernelPast;
  readonly steps: RunSteps;
  readonly prompts: RunPrompts;
  readonly timeLimit: RunTimeLimit;
}

const REQUEST_TIMEOUT_MS = 10_000;
const REPLY_GRACE_MS = 1_000;
/** Short of the 200 ms within which who asks is to hear something. */
const SOON_MS = 150;
/** Most runs are shorter. */
const QUIET_MS = 300;
/** As kernel_info_reply names it in `supported_features`. */
const SUBSHELLS = 'kernel subshells';

export function sessionParts(options: KernelSessionOptions, session: SessionAccess): SessionParts {
  const { log } = options;
  const audience = new SessionAudience();
  const comms = new KernelComms(session.sender);
  const owner = new QueueOwner({
    ...options,
    onBack: () => session.handle({ type: 'queueBack' }),
  });
  const liveRuns = new LiveRuns({
    ...options,
    onWriteFailed: (runId, error) => log.error({ error, runId }, 'what a run produced was not stored'),
  });
  const wasAnswered = (runId: string, promptId: string): boolean => liveRuns.wasAnswered(runId, promptId);
  const hearing = new KernelHearing({ ...options, ...session, comms, audience, wasAnswered });
  const past = new KernelPast({ state: session.state, seq: () => hearing.heardUpTo.seq });
  const steps = new RunSteps({
    ...session,
    owner,
    liveRuns,
    expectAnswer: (id, runId) => hearing.expectAnswer(id, runId),
  });
  const prompts = new RunPrompts({ ...options, ...session, liveRuns, audience, current: () => session.state().prompt });
  const timeLimit = new RunTimeLimit({
    ...options,
    onPassed: (runId, mostSeconds) => session.handle({ type: 'timeLimitPassed', runId, mostSeconds }),
  });
  const questions = questionsOf(options, session);
  return { owner, questions, liveRuns, comms, audience, hearing, past, steps, prompts, timeLimit };
}

function questionsOf({ newId }: KernelSessionOptions, { send, sender, state }: SessionAccess): KernelQuestions {
  return new KernelQuestions({
    send,
    sender: () => asHub(sender()),
    newId,
    isFree: () => kernelStatus(state()) === 'idle',
    hasSubshells: () => hasFeature(state(), SUBSHELLS),
    isIpython: () => state().kernel.phase === 'ready' && state().kernelInfo?.implementation === 'ipython',
    allowsStdin: () => state().current?.run.allowStdin ?? true,
    soonMs: SOON_MS,
    timeoutMs: REQUEST_TIMEOUT_MS,
    graceMs: REPLY_GRACE_MS,
    quietMs: QUIET_MS,
  });
}

function hasFeature({ kernel, kernelInfo }: KernelSessionState, feature: string): boolean {
  return kernel.phase === 'ready' && kernelInfo?.supported_features?.includes(feature) === true;
}
