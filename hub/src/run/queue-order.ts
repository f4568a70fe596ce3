/**
 * Pure: the order of what waits. `fifo`: as it came. `fair`: round robin among people. Each run has a round; those of one
 * person follow each other, and a run stands behind all of its own round and of earlier ones, so that nobody's first run
 * waits for more than one of each other person. Rounds belong to places: runs that change places leave them where they are.
 * They begin when a queue becomes fair.
 */
import type { ParticipantId, QueueRules, RunId } from '@cokernel/proto/hub';
import type { MoveWithin, QueuedRun } from './run-queue.js';

/** A run that waits, under a number that is never used again, so that a store can write what changed and no more. */
export interface WaitingRun {
  readonly entry: number;
  /** From 1; 0 if it came while the queue was not fair. */
  readonly round: number;
  readonly value: QueuedRun;
}

/** The round that is being run, and who had theirs of it. */
export interface Turn {
  readonly round: number;
  readonly served: readonly ParticipantId[];
}

export const firstTurn: Turn = { round: 1, served: [] };

const authorOf = ({ view }: QueuedRun): ParticipantId => view.author.participantId;

/** Puts a run where its order says; answers the list and the index. */
export function placed(
  queued: readonly WaitingRun[],
  turn: Turn,
  order: QueueRules['order'],
  { entry, value }: Pick<WaitingRun, 'entry' | 'value'>,
): { readonly queued: readonly WaitingRun[]; readonly index: number } {
  if (order === 'fifo') return { queued: [...queued, { entry, round: 0, value }], index: queued.length };
  const round = nextRound(queued, turn, authorOf(value));
  const index = queued.findLastIndex((other) => other.round <= round) + 1;
  return { queued: queued.toSpliced(index, 0, { entry, round, value }), index };
}

function nextRound(queued: readonly WaitingRun[], turn: Turn, author: ParticipantId): number {
  const last = queued.findLast(({ value }) => authorOf(value) === author);
  const served = turn.served.includes(author) ? turn.round : turn.round - 1;
  return Math.max(last?.round ?? 0, served) + 1;
}

/** After this run was taken. */
export function turnAfter(turn: Turn, { round, value }: WaitingRun): Turn {
  const author = authorOf(value);
  if (round === 0) return turn;
  if (round > turn.round) return { round, served: [author] };
  return turn.served.includes(author) ? turn : { ...turn, served: [...turn.served, author] };
}

/** A queue that becomes fair: what waits as if it had come now, in this order; who runs has had their turn. */
export function ranked(
  queued: readonly WaitingRun[],
  running: QueuedRun | null,
): { readonly queued: readonly WaitingRun[]; readonly turn: Turn } {
  const turn = { ...firstTurn, served: running === null ? [] : [authorOf(running)] };
  const ranks = queued.reduce<readonly WaitingRun[]>((before, each) => placed(before, turn, 'fair', each).queued, []);
  return { queued: ranks, turn };
}

export type Move =
  | { readonly outcome: 'moved'; readonly queued: readonly WaitingRun[] }
  /** This run does not wait, or is not within. */
  | { readonly outcome: 'notQueued' | 'notYours'; readonly runId: RunId };

/** Puts a run before another one, or behind all (null), among those that are within. */
export function moved(queued: readonly WaitingRun[], runId: RunId, before: RunId | null, within: MoveWithin): Move {
  for (const id of before === null ? [runId] : [runId, before]) {
    const found = queued.find(({ value }) => value.view.runId === id);
    if (found === undefined) return { outcome: 'notQueued', runId: id };
    if (!isWithin(found.value, within)) return { outcome: 'notYours', runId: id };
  }
  const isMovable = ({ value }: WaitingRun): boolean => isWithin(value, within);
  const mine = reordered(queued.filter(isMovable), runId, before);
  let next = 0;
  return {
    outcome: 'moved',
    queued: queued.map((place) => {
      if (!isMovable(place)) return place;
      const { entry, value } = mine[next++] ?? place;
      return { entry, value, round: place.round };
    }),
  };
}

function isWithin(run: QueuedRun, { participantId, fileId }: MoveWithin): boolean {
  if (authorOf(run) === participantId) return true;
  return fileId !== null && (run.view.target.kind !== 'cell' || run.fileId === fileId);
}

function reordered(runs: readonly WaitingRun[], runId: RunId, before: RunId | null): readonly WaitingRun[] {
  if (runId === before) return runs;
  const isMoved = ({ value }: WaitingRun): boolean => value.view.runId === runId;
  const others = runs.filter((run) => !isMoved(run));
  const index = others.findIndex(({ value }) => value.view.runId === before);
  return others.toSpliced(index === -1 ? others.length : index, 0, ...runs.filter(isMoved));
}
