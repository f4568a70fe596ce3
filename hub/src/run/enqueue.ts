/** Pure: how runs come into a queue: once a request, merged into what waits, within the bound on one person's runs. */
import type { ParticipantId, RequestId } from '@cokernel/proto/hub';
import { type WaitingRun, placed } from './queue-order.js';
import type { EnqueueOutcome, QueuedRun, TooManyWait } from './run-queue.js';
import { type QueueStep, type RunQueueState, findRun, keepNewest, unchanged } from './run-queue-state.js';

export function enqueue(
  state: RunQueueState,
  requestId: RequestId,
  runs: readonly QueuedRun[],
): QueueStep<EnqueueOutcome> {
  const known = answered(state, requestId);
  if (known !== null) return unchanged(state, known);
  const added = withRuns(state, runs);
  const isRefused = added.answer.outcome === 'tooManyWait';
  const { queued, nextEntry } = isRefused ? state : added;
  const others = state.requests.filter(({ value }) => value.requestId !== requestId);
  const requests = keepNewest([...others, { entry: nextEntry, value: { requestId, answer: added.answer } }]);
  const number = queued.length > state.queued.length ? state.number + 1 : state.number;
  const after = { ...state, number, nextEntry: nextEntry + 1, queued, requests };
  return { state: after, answer: added.answer, finished: [] };
}

function withRuns(
  { queued: before, nextEntry: firstEntry, turn, rules }: RunQueueState,
  runs: readonly QueuedRun[],
): { readonly queued: readonly WaitingRun[]; readonly nextEntry: number; readonly answer: EnqueueOutcome } {
  let [queued, nextEntry] = [before, firstEntry];
  const outcomes = runs.map((run) => {
    const twin = queued.findIndex(({ value }) => isSameRun(value, run));
    const merged = queued[twin]?.value.view;
    if (merged !== undefined) return { outcome: 'merged' as const, run: merged, place: twin + 1 };
    const { index, ...after } = placed(queued, turn, rules.order, { entry: nextEntry, value: run });
    [queued, nextEntry] = [after.queued, nextEntry + 1];
    return { outcome: 'queued' as const, run: run.view, place: index + 1 };
  });
  const refused = tooManyOfOne(before, queued, rules.mostWaiting);
  return { queued, nextEntry, answer: refused ?? { outcome: 'accepted', runs: outcomes } };
}

/** Whether somebody who is not within the bound has more waiting than before. */
function tooManyOfOne(
  before: readonly WaitingRun[],
  after: readonly WaitingRun[],
  mostWaiting: number | null,
): TooManyWait | null {
  if (mostWaiting === null || after.length === before.length) return null;
  const [had, has] = [waitingByAuthor(before), waitingByAuthor(after)];
  for (const [author, count] of has) {
    const waiting = had.get(author) ?? 0;
    if (count > waiting && count > mostWaiting) return { outcome: 'tooManyWait', waiting, mostWaiting };
  }
  return null;
}

function waitingByAuthor(queued: readonly WaitingRun[]): Map<ParticipantId, number> {
  const counts = new Map<ParticipantId, number>();
  for (const { value } of queued) {
    const { participantId } = value.view.author;
    counts.set(participantId, (counts.get(participantId) ?? 0) + 1);
  }
  return counts;
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

/** What a request was answered, while that is kept and all runs that it queued. */
export function answered(state: RunQueueState, requestId: RequestId): EnqueueOutcome | null {
  const answer = state.requests.find(({ value }) => value.requestId === requestId)?.value.answer ?? null;
  const queued = answer?.outcome === 'accepted' ? answer.runs.filter(({ outcome }) => outcome === 'queued') : [];
  return queued.every(({ run }) => findRun(state, run.runId) !== null) ? answer : null;
}
