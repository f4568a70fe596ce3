/**
 * Pure: the rules of one kernel's run queue: taking, stop on error, cancelling, moving, holding, numbering and what is
 * kept of the past; how runs come in is in enqueue.ts. The embedded adapter stores what these steps give; the Redis
 * adapter's scripts say the same in Lua and are tested against them. A step that changes nothing gives back the very state that it was handed.
 */
import type { HeldReason, QueueRules, RequestId, RunId, RunView } from '@cokernel/proto/hub';
import { DEFAULT_QUEUE_RULES } from '@cokernel/proto/hub';
import { type Turn, type WaitingRun, firstTurn, moved, ranked, turnAfter } from './queue-order.js';
import type {
  CancelSelector,
  EnqueueOutcome,
  MoveOutcome,
  MoveWithin,
  QueueChange,
  QueuedRun,
  QueueSnapshot,
  Settlement,
  StaleFence,
  TakeOutcome,
} from './run-queue.js';

/** How many finished runs, and how many answers to requests, are kept; the oldest go first. */
const KEPT_ENTRIES = 1_000;

/** An item of a list under a number that is never used again, so that a store can write what changed and no more. */
export interface Entry<T> {
  readonly entry: number;
  readonly value: T;
}

export interface AnsweredRequest {
  readonly requestId: RequestId;
  readonly answer: EnqueueOutcome;
}

export interface RunQueueState {
  readonly number: number;
  readonly held: HeldReason | null;
  readonly rules: QueueRules;
  readonly turn: Turn;
  /** The highest fence that a step carried. */
  readonly fence: number;
  /** The number of the next entry, whatever its list. */
  readonly nextEntry: number;
  readonly running: QueuedRun | null;
  readonly queued: readonly WaitingRun[];
  /** Oldest first. */
  readonly finished: readonly Entry<RunView>[];
  /** Oldest first. */
  readonly requests: readonly Entry<AnsweredRequest>[];
}

/** What a step gives: the state after it, its answer, and the runs that it brought to an end. */
export interface QueueStep<Answer> {
  readonly state: RunQueueState;
  readonly answer: Answer;
  readonly finished: readonly RunView[];
}

export const emptyRunQueue: RunQueueState = {
  number: 0,
  held: null,
  rules: DEFAULT_QUEUE_RULES,
  turn: firstTurn,
  fence: 0,
  nextEntry: 0,
  running: null,
  queued: [],
  finished: [],
  requests: [],
};

export function snapshotOf(state: RunQueueState): QueueSnapshot {
  return {
    number: state.number,
    held: state.held,
    rules: state.rules,
    running: state.running?.view ?? null,
    queued: state.queued.map(({ value }) => value.view),
  };
}

/** What subscribers are told of a step; null when it changed nothing that they see. */
export function changeOf<Answer>(before: RunQueueState, step: QueueStep<Answer>): QueueChange | null {
  if (step.state.number === before.number) return null;
  return { snapshot: snapshotOf(step.state), finished: step.finished };
}

export function findRun(state: RunQueueState, runId: RunId): RunView | null {
  if (state.running?.view.runId === runId) return state.running.view;
  const queued = state.queued.find(({ value }) => value.view.runId === runId);
  if (queued !== undefined) return queued.value.view;
  return state.finished.find(({ value }) => value.runId === runId)?.value ?? null;
}

/** `leaseFence`: the highest fence that the kernel's lease has issued. */
export function takeNext(
  state: RunQueueState,
  fence: number,
  leaseFence: number,
  startedAt: string,
): QueueStep<TakeOutcome> {
  const stale = staleFence(state, fence, leaseFence);
  if (stale !== null) return unchanged(state, stale);
  const fenced = withFence(state, fence);
  // Taken before, by an owner that did not hear so.
  if (state.running?.view.startedAt === startedAt) return unchanged(fenced, { outcome: 'taken', run: state.running });
  const [next, ...queued] = state.queued;
  if (next === undefined || state.running !== null || state.held !== null) {
    return unchanged(fenced, { outcome: 'nothing' });
  }
  const running = { ...next.value, view: { ...next.value.view, state: 'running' as const, startedAt } };
  return {
    state: { ...fenced, number: state.number + 1, running, queued, turn: turnAfter(state.turn, next) },
    answer: { outcome: 'taken', run: running },
    finished: [],
  };
}

export function settle(
  state: RunQueueState,
  fence: number,
  leaseFence: number,
  runId: RunId,
  end: Settlement,
): QueueStep<{ readonly outcome: 'settled' } | StaleFence> {
  const stale = staleFence(state, fence, leaseFence);
  if (stale !== null) return unchanged(state, stale);
  const fenced = withFence(state, fence);
  const run = state.running;
  // Settled before, or never taken: the wish is fulfilled or means nothing, and asking again does no harm.
  if (run === null || run.view.runId !== runId) return unchanged(fenced, { outcome: 'settled' });
  const ended = { ...run.view, ...end };
  const stops = run.stopOnError && end.state === 'failed';
  const isRest = (other: QueuedRun): boolean => stops && other.view.batchId === run.view.batchId;
  const rest = withdraw(fenced, isRest, end.finishedAt, 'An earlier run of the same batch failed.');
  return {
    state: keepFinished({ ...fenced, running: null, queued: rest.left }, [ended, ...rest.withdrawn]),
    answer: { outcome: 'settled' },
    finished: [ended, ...rest.withdrawn],
  };
}

/** Both in one step, with one number. */
export function settleAndTakeNext(
  state: RunQueueState,
  fence: number,
  leaseFence: number,
  runId: RunId,
  end: Settlement,
  startedAt: string,
): QueueStep<TakeOutcome> {
  const settled = settle(state, fence, leaseFence, runId, end);
  if (settled.answer.outcome === 'stale') return unchanged(state, settled.answer);
  const { state: after, answer } = takeNext(settled.state, fence, leaseFence, startedAt);
  const number = Math.min(after.number, state.number + 1);
  return { state: number === after.number ? after : { ...after, number }, answer, finished: settled.finished };
}

export function cancel(
  state: RunQueueState,
  selector: CancelSelector,
  finishedAt: string,
  reason: string,
): QueueStep<readonly RunView[]> {
  const { left, withdrawn } = withdraw(state, (run) => isSelected(run.view, selector), finishedAt, reason);
  if (withdrawn.length === 0) return unchanged(state, []);
  return { state: keepFinished({ ...state, queued: left }, withdrawn), answer: withdrawn, finished: withdrawn };
}

function isSelected(run: RunView, selector: CancelSelector): boolean {
  switch (selector.by) {
    case 'runs':
      return selector.runIds.includes(run.runId);
    case 'author':
      return run.author.participantId === selector.participantId;
    case 'cell':
      return run.target.kind === 'cell' && run.target.cellId === selector.cellId;
    case 'all':
      return true;
  }
}

export function move(
  state: RunQueueState,
  runId: RunId,
  before: RunId | null,
  within: MoveWithin,
): QueueStep<MoveOutcome> {
  const step = moved(state.queued, runId, before, within);
  if (step.outcome !== 'moved') return unchanged(state, step);
  const answer = { outcome: 'moved' } as const;
  const isAsBefore = step.queued.every(({ entry }, index) => entry === state.queued[index]?.entry);
  if (isAsBefore) return unchanged(state, answer);
  return { state: { ...state, number: state.number + 1, queued: step.queued }, answer, finished: [] };
}

export function setRules(state: RunQueueState, rules: QueueRules): QueueStep<undefined> {
  const { order: former, mostWaiting, mostSeconds } = state.rules;
  if (former === rules.order && mostWaiting === rules.mostWaiting && mostSeconds === rules.mostSeconds) {
    return unchanged(state, undefined);
  }
  const isNowFair = rules.order === 'fair' && former !== 'fair';
  const order = isNowFair ? ranked(state.queued, state.running) : {};
  return { state: { ...state, number: state.number + 1, rules, ...order }, answer: undefined, finished: [] };
}

/** Holds the queue, or lets it go on with null. */
export function setHeld(state: RunQueueState, held: HeldReason | null): QueueStep<undefined> {
  if (state.held === held) return unchanged(state, undefined);
  return { state: { ...state, number: state.number + 1, held }, answer: undefined, finished: [] };
}

export function unchanged<Answer>(state: RunQueueState, answer: Answer): QueueStep<Answer> {
  return { state, answer, finished: [] };
}

function staleFence(state: RunQueueState, fence: number, leaseFence: number): StaleFence | null {
  const highestFence = Math.max(state.fence, leaseFence);
  return fence < highestFence ? { outcome: 'stale', highestFence } : null;
}

function withFence(state: RunQueueState, fence: number): RunQueueState {
  return fence > state.fence ? { ...state, fence } : state;
}

function withdraw(
  state: RunQueueState,
  isMeant: (run: QueuedRun) => boolean,
  finishedAt: string,
  reason: string,
): { readonly left: readonly WaitingRun[]; readonly withdrawn: readonly RunView[] } {
  const left = state.queued.filter(({ value }) => !isMeant(value));
  const withdrawn = state.queued
    .filter(({ value }) => isMeant(value))
    .map(({ value }) => ({ ...value.view, state: 'cancelled' as const, finishedAt, reason }));
  return { left, withdrawn };
}

function keepFinished(state: RunQueueState, runs: readonly RunView[]): RunQueueState {
  const since = keptSince(runs[0]?.finishedAt ?? new Date(0).toISOString());
  const finished = runs.reduce<readonly Entry<RunView>[]>((kept, value, index) => {
    const all = [...kept, { entry: state.nextEntry + index, value }];
    return all.length % AGE_LOOKED_AT === 0 ? all.slice(all.findIndex((each) => isSince(each, since))) : all;
  }, state.finished);
  return {
    ...state,
    number: state.number + 1,
    nextEntry: state.nextEntry + runs.length,
    finished: keepNewest(finished),
  };
}

/** So many have to be kept for the age of the oldest to be looked at, or a multiple. */
const AGE_LOOKED_AT = 10;

function isSince({ value }: Entry<RunView>, since: string): boolean {
  return (value.finishedAt ?? '') >= since;
}

const KEPT_MS = 7 * 24 * 60 * 60 * 1_000;

/** What ended before is not kept any more when a run ends at this time; ISO 8601. */
export function keptSince(finishedAt: string): string {
  return new Date(Date.parse(finishedAt) - KEPT_MS).toISOString();
}

export function keepNewest<T>(entries: readonly Entry<T>[]): readonly Entry<T>[] {
  return entries.slice(-KEPT_ENTRIES);
}
