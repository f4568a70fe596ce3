/** The order of what waits: turns, places, moves. The queues' own tests play the same rules on their stores. */
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_QUEUE_RULES, ParticipantId, RequestId, RunId } from '@cokernel/proto/hub';
import fc from 'fast-check';
import { type WaitingRun, firstTurn, moved, placed } from '../../src/run/queue-order.js';
import { enqueue } from '../../src/run/enqueue.js';
import { emptyRunQueue, settle, setRules, takeNext, type RunQueueState } from '../../src/run/run-queue-state.js';
import { newFileId, queuedRun } from '../support/queued-run.js';

const at = '2026-01-01T00:00:00.000Z';
const fair = setRules(emptyRunQueue, { ...DEFAULT_QUEUE_RULES, order: 'fair' }).state;

const asked = (state: RunQueueState, author: string, count: number, request: string): RunQueueState =>
  enqueue(
    state,
    RequestId.parse(request),
    Array.from({ length: count }, (_, n) => queuedRun({ author, cell: null, runId: `${request}-${String(n)}` })),
  ).state;

/** The authors in the order in which their runs are taken. */
function taken(state: RunQueueState): string[] {
  const { answer, state: after } = takeNext(state, 1, 1, at);
  if (answer.outcome !== 'taken') return [];
  const { runId, author } = answer.run.view;
  const end = { state: 'succeeded', finishedAt: at, executionCount: 1, reason: null } as const;
  return [author.name, ...taken(settle(after, 1, 1, runId, end).state)];
}

describe('a fair queue', () => {
  test("[X10] of thirty people who press Run all at once, no one's first run waits for two runs of another person", () => {
    const people = Array.from({ length: 30 }, (_, n) => `p${String(n)}`);
    const state = people.reduce((before, author) => asked(before, author, 10, `all of ${author}`), fair);
    const order = taken(state);
    expect(order).toHaveLength(300);
    for (let round = 0; round < 10; round += 1) {
      expect(new Set(order.slice(round * 30, (round + 1) * 30)).size).toBe(30);
    }
  });

  test('[X10] whoever asks, whenever: a first run has at most one run of each other person before it', () => {
    const ask = fc.record({ author: fc.constantFrom('a', 'b', 'c', 'd'), count: fc.integer({ min: 1, max: 4 }) });
    const step = fc.oneof(ask, fc.constant('take' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        steps.reduce((state, one, index) => {
          if (one === 'take') return afterOne(state);
          const had = state.queued.some(({ value }) => value.view.author.name === one.author);
          const after = asked(state, one.author, one.count, String(index));
          if (!had) expectFirstIsSoon(after, one.author);
          return after;
        }, fair);
      }),
    );
  });
});

function afterOne(state: RunQueueState): RunQueueState {
  const { answer, state: after } = takeNext(state, 1, 1, at);
  if (answer.outcome !== 'taken') return after;
  const end = { state: 'succeeded', finishedAt: at, executionCount: 1, reason: null } as const;
  return settle(after, 1, 1, answer.run.view.runId, end).state;
}

/** But for who has just had their turn of this round: theirs is the next one's. */
function expectFirstIsSoon({ queued, turn }: RunQueueState, author: string): void {
  const names = queued.map(({ value }) => value.view.author.name);
  const before = names.slice(0, names.indexOf(author));
  const most = turn.served.includes(ParticipantId.parse(author)) ? 2 : 1;
  for (const other of before) expect(before.filter((name) => name === other).length).toBeLessThanOrEqual(most);
}

describe('moves', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 });

  test('[X10] change places among what may move alone, lose nothing, and leave rounds where they are', () => {
    fc.assert(
      fc.property(names, fc.nat(7), fc.option(fc.nat(7)), fc.boolean(), (authors, from, to, own) => {
        const queued = authors.reduce<readonly WaitingRun[]>((before, author, entry) => {
          const value = queuedRun({ author, cell: null, runId: `run-${String(entry)}` });
          return placed(before, firstTurn, 'fair', { entry, value }).queued;
        }, []);
        const idAt = (place: number): RunId => queued[place % queued.length]?.value.view.runId ?? RunId.parse('none');
        const participantId = ParticipantId.parse(queued[from % queued.length]?.value.view.author.participantId);
        const within = { participantId, fileId: own ? null : newFileId() };
        const step = moved(queued, idAt(from), to === null ? null : idAt(to), within);
        if (step.outcome !== 'moved') return;
        expect(step.queued.map(({ round }) => round)).toEqual(queued.map(({ round }) => round));
        expect(step.queued.map(({ entry }) => entry).sort()).toEqual(queued.map(({ entry }) => entry).sort());
        if (!own) return;
        const authorsOf = (runs: readonly WaitingRun[]) => runs.map(({ value }) => value.view.author.name);
        expect(authorsOf(step.queued)).toEqual(authorsOf(queued));
      }),
    );
  });
});
