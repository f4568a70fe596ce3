/**
 * Pure: the rules of one kernel's run queue: order, merging, stop on error, cancelling, holding, numbering and what is
 * kept of the past. The embedded adapter stores what these steps give; the Redis adapter's scripts say the same in
 * Lua and are tested against them. A step that changes nothing gives back the very state that it was handed.
 */
import type { HeldReason, RequestId, RunId, RunView } from '@cokernel/proto/hub';
import type {
  CancelSelector,
  EnqueueOutcome,
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
  /** The highest fence that a step carried. */
  readonly fence: number;
  /** The number of the next entry, whatever its list. */
  readonly nextEntry: number;
  readonly running: QueuedRun | null;
  readonly queued: readonly Entry<QueuedRun>[];
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

export function enqueue(
  state: RunQueueState,
  requestId: RequestId,
  runs: readonly QueuedRun[],
): QueueStep<EnqueueOutcome> {
  const known = answered(state, requestId);
  if (known !== null) return unchanged(state, known);
  const queued = [...state.queued];
  let nextEntry = state.nextEntry;
  const outcomes = runs.map((run) => {
    const twin = queued.findIndex(({ value }) => isSameRun(value, run));
    if (twin >= 0) return outcomeAt(queued, twin, 'merged');
    queued.push({ entry: nextEntry, value: run });
    nextEntry += 1;
    return outcomeAt(queued, queued.length - 1, 'queued');
  });
  const answer = { runs: outcomes };
  const requests = keepNewest([...state.requests, { entry: nextEntry, value: { requestId, answer } }]);
  const number = queued.length > state.queued.length ? state.number + 1 : state.number;
  return { state: { ...state, number, nextEntry: nextEntry + 1, queued, requests }, answer, finished: [] };
}

function outcomeAt(
  queued: readonly Entry<QueuedRun>[],
  index: number,
  outcome: 'queued' | 'merged',
): EnqueueOutcome['runs'][number] {
  const at = queued[index];
  if (at === undefined) throw new RangeError(`No queued run at ${String(index)}`);
  return { outcome, run: at.value.view, place: index + 1 };
}

/** X12: one text of one cell waits once. Cell ids are unique in their notebook only, and notebooks may share a kernel. */
function isSameRun(one: QueuedRun, other: QueuedRun): boolean {
  if (one.view.target.kind !== 'cell' || other.view.target.kind !== 'cell') return false;
  return (
    one.fileId === other.fileId &&
    one.view.target.cellId === other.view.target.cellId &&
    one.view.sourceHash === other.view.sourceHash
  );
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
  const [next, ...queued] = state.queued;
  if (next === undefined || state.running !== null || state.held !== null) {
    return unchanged(fenced, { outcome: 'nothing' });
  }
  const running = { ...next.value, view: { ...next.value.view, state: 'running' as const, startedAt } };
  return {
    state: { ...fenced, number: state.number + 1, running, queued },
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

/** What a request was answered, while that is kept. */
export function answered(state: RunQueueState, requestId: RequestId): EnqueueOutcome | null {
  return state.requests.find(({ value }) => value.requestId === requestId)?.value.answer ?? null;
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

/** Holds the queue, or lets it go on with null. */
export function setHeld(state: RunQueueState, held: HeldReason | null): QueueStep<undefined> {
  if (state.held === held) return unchanged(state, undefined);
  return { state: { ...state, number: state.number + 1, held }, answer: undefined, finished: [] };
}

function unchanged<Answer>(state: RunQueueState, answer: Answer): QueueStep<Answer> {
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
): { readonly left: readonly Entry<QueuedRun>[]; readonly withdrawn: readonly RunView[] } {
  const left = state.queued.filter(({ value }) => !isMeant(value));
  const withdrawn = state.queued
    .filter(({ value }) => isMeant(value))
    .map(({ value }) => ({ ...value.view, state: 'cancelled' as const, finishedAt, reason }));
  return { left, withdrawn };
}

function keepFinished(state: RunQueueState, runs: readonly RunView[]): RunQueueState {
  const added = runs.map((value, index) => ({ entry: state.nextEntry + index, value }));
  return {
    ...state,
    number: state.number + 1,
    nextEntry: state.nextEntry + added.length,
    finished: keepNewest([...state.finished, ...added]),
  };
}

function keepNewest<T>(entries: readonly Entry<T>[]): readonly Entry<T>[] {
  return entries.slice(-KEPT_ENTRIES);
}
