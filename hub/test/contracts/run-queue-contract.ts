/** What every RunQueue and its leases must do, whatever keeps them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CellId, DEFAULT_QUEUE_RULES, RunId } from '@cokernel/proto/hub';
import type { KernelId } from '@cokernel/proto/hub';
import { acceptedRuns } from '../../src/run/accepted-runs.js';
import type { LeaseStore } from '../../src/run/lease.js';
import { QueueUnavailable } from '../../src/run/run-queue.js';
import type { QueueChange, RunQueue, Settlement } from '../../src/run/run-queue.js';
import { leasedQueue } from '../support/leased-queue.js';
import { newHubId, newKernelId, newRequestId, queuedRun } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';
import { takingContract } from './taking-contract.js';

export interface QueueStore {
  readonly runQueue: RunQueue;
  readonly leases: LeaseStore;
  close(): Promise<void>;
}

const startedAt = '2026-01-01T00:00:01.000Z';
const later = '2026-01-01T00:00:01.500Z';
const finishedAt = '2026-01-01T00:00:02.000Z';
const ended = (state: Settlement['state']): Settlement => ({ state, finishedAt, executionCount: 3, reason: null });

/** `openStore` opens the same store anew each time it is called. */
export function runQueueContract(openStore: () => Promise<QueueStore>): void {
  let store: QueueStore;
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(async () => {
    await store.close();
  });

  /** A kernel with a lease, and its queue's calls. */
  const newQueue = () => leasedQueue(store);

  const ids = (runs: readonly { readonly runId: string }[]): string[] => runs.map(({ runId }) => runId);

  describe('order', () => {
    test('runs are taken in the order in which they were enqueued, one at a time', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const [one, two] = [queuedRun(), queuedRun()];
      expect(await queue.enqueue(kernelId, newRequestId(), [one, two])).toEqual({
        outcome: 'accepted',
        runs: [
          { outcome: 'queued', run: one.view, place: 1 },
          { outcome: 'queued', run: two.view, place: 2 },
        ],
      });
      const running = { ...one, view: { ...one.view, state: 'running', startedAt } };
      expect(await queue.takeNext(kernelId, fence, startedAt)).toEqual({ outcome: 'taken', run: running });
      expect(await queue.takeNext(kernelId, fence, later)).toEqual({ outcome: 'nothing' });
      expect(await queue.running(kernelId)).toEqual(running);
      expect(await queue.snapshot(kernelId)).toEqual({
        number: 2,
        held: null,
        rules: DEFAULT_QUEUE_RULES,
        running: running.view,
        queued: [two.view],
      });
      await queue.settle(kernelId, fence, one.view.runId, ended('succeeded'));
      expect(await queue.running(kernelId)).toBeNull();
      expect(await queue.takeNext(kernelId, fence, startedAt)).toMatchObject({ run: { source: two.source } });
    });

    test('a request of a stock client is handed over as it came', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const header = { msg_id: 'm', username: '', session: 's', date: '', msg_type: 'execute_request', version: '5.3' };
      const content = { user_expressions: {}, list: [], nested: { empty: [{}, []], big: 9007199254740991, half: 0.1 } };
      const request = { header: { ...header, odd: [] }, metadata: { cells: [], map: {} }, content };
      const run = queuedRun({ cell: null, request });
      await queue.enqueue(kernelId, newRequestId(), [run, queuedRun()]);
      expect(await queue.takeNext(kernelId, fence, startedAt)).toMatchObject({ run: { request } });
      expect((await queue.running(kernelId))?.request).toEqual(request);
    });

    test('an empty queue has number 0 and nothing to take', async () => {
      const { kernelId, fence, queue } = await newQueue();
      expect(await queue.snapshot(kernelId)).toEqual({
        number: 0,
        held: null,
        rules: DEFAULT_QUEUE_RULES,
        running: null,
        queued: [],
      });
      expect(await queue.takeNext(kernelId, fence, later)).toEqual({ outcome: 'nothing' });
    });

    test('kernels do not wait for each other', async () => {
      const [one, other] = [await newQueue(), await newQueue()];
      await one.queue.enqueue(one.kernelId, newRequestId(), [queuedRun()]);
      await other.queue.enqueue(other.kernelId, newRequestId(), [queuedRun()]);
      expect((await one.queue.takeNext(one.kernelId, one.fence, startedAt)).outcome).toBe('taken');
      expect((await other.queue.takeNext(other.kernelId, other.fence, startedAt)).outcome).toBe('taken');
    });
  });

  describe('taking', () => takingContract(newQueue));

  describe('asking again', () => {
    test('[X11] the same request enqueues once and is answered as the first time', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const requestId = newRequestId();
      const run = queuedRun();
      const first = await queue.enqueue(kernelId, requestId, [run]);
      await queue.takeNext(kernelId, fence, startedAt);
      await queue.settle(kernelId, fence, run.view.runId, ended('succeeded'));
      expect(await queue.enqueue(kernelId, requestId, [queuedRun()])).toEqual(first);
      expect(await queue.answered(kernelId, requestId)).toEqual(first);
      expect(await queue.answered(kernelId, newRequestId())).toBeNull();
      expect((await queue.snapshot(kernelId)).queued).toEqual([]);
    });

    test('a request is forgotten with the first of its runs that is not kept any more', async () => {
      const { kernelId, queue } = await newQueue();
      const [requestId, one, again] = [newRequestId(), queuedRun(), queuedRun()];
      await queue.enqueue(kernelId, requestId, [one]);
      const many = Array.from({ length: 1_150 }, () => queuedRun({ cell: null }));
      await queue.enqueue(kernelId, newRequestId(), many);
      await queue.cancel(kernelId, { by: 'all' }, finishedAt, 'enough');
      expect(await queue.find(kernelId, one.view.runId)).toBeNull();
      expect(await queue.answered(kernelId, requestId)).toBeNull();
      const answer = await queue.enqueue(kernelId, requestId, [again]);
      expect(answer).toMatchObject({ runs: [{ outcome: 'queued', run: again.view }] });
      expect(await queue.enqueue(kernelId, requestId, [queuedRun()])).toEqual(answer);
    });

    test('[X11] requests at the same moment with one id enqueue once', async () => {
      const { kernelId, queue } = await newQueue();
      const requestId = newRequestId();
      const answers = await Promise.all(
        [queuedRun(), queuedRun(), queuedRun()].map((run) => queue.enqueue(kernelId, requestId, [run])),
      );
      expect(new Set(answers.map((answer) => acceptedRuns(answer).runs[0]?.run.runId)).size).toBe(1);
      expect((await queue.snapshot(kernelId)).queued).toHaveLength(1);
    });

    test('[X12] the same text of a cell that waits already becomes one run, which the second person is told', async () => {
      const { kernelId, queue } = await newQueue();
      const ann = queuedRun({ cell: 'c', author: 'ann' });
      await queue.enqueue(kernelId, newRequestId(), [queuedRun(), ann]);
      const answer = acceptedRuns(
        await queue.enqueue(kernelId, newRequestId(), [queuedRun({ cell: 'c', author: 'ben' })]),
      );
      expect(answer.runs).toEqual([{ outcome: 'merged', run: ann.view, place: 2 }]);
      const { number, queued } = await queue.snapshot(kernelId);
      expect({ number, length: queued.length }).toEqual({ number: 1, length: 2 });
    });

    test('[X12] another text, another notebook, a running twin or a run without a cell is a run of its own', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const first = queuedRun({ cell: 'c' });
      await queue.enqueue(kernelId, newRequestId(), [first]);
      await queue.takeNext(kernelId, fence, startedAt);
      const others = [
        queuedRun({ cell: 'c' }),
        queuedRun({ cell: 'c', source: 'other' }),
        queuedRun({ cell: 'c', file: 'another' }),
        queuedRun({ cell: null }),
        queuedRun({ cell: null }),
      ];
      const answer = acceptedRuns(await queue.enqueue(kernelId, newRequestId(), others));
      expect(answer.runs.map(({ outcome }) => outcome)).toEqual(others.map(() => 'queued'));
    });
  });

  describe('ends', () => {
    test('settling is idempotent, and the first end stands', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const run = queuedRun();
      await queue.enqueue(kernelId, newRequestId(), [run]);
      await queue.takeNext(kernelId, fence, startedAt);
      expect(await queue.settle(kernelId, fence, run.view.runId, ended('lost'))).toEqual({ outcome: 'settled' });
      expect(await queue.settle(kernelId, fence, run.view.runId, ended('failed'))).toEqual({ outcome: 'settled' });
      expect(await queue.find(kernelId, run.view.runId)).toEqual({ ...run.view, startedAt, ...ended('lost') });
      expect((await queue.snapshot(kernelId)).number).toBe(3);
    });

    test('[X10] a run that failed ends the rest of its own batch only', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const mine = [queuedRun({ batch: 'mine' }), queuedRun({ batch: 'mine' }), queuedRun({ batch: 'mine' })];
      const other = queuedRun({ batch: 'other' });
      await queue.enqueue(kernelId, newRequestId(), mine);
      await queue.enqueue(kernelId, newRequestId(), [other]);
      const [first, ...rest] = mine.map(({ view }) => view);
      await queue.takeNext(kernelId, fence, startedAt);
      if (first === undefined) throw new Error('unreachable');
      await queue.settle(kernelId, fence, first.runId, ended('failed'));
      expect((await queue.snapshot(kernelId)).queued).toEqual([other.view]);
      for (const { runId } of rest) {
        expect(await queue.find(kernelId, runId)).toMatchObject({ state: 'cancelled', finishedAt });
      }
    });

    test('success, withdrawal, loss, or stopOnError off leave the rest of the batch', async () => {
      for (const [state, stopOnError] of [
        ['succeeded', true],
        ['cancelled', true],
        ['lost', true],
        ['failed', false],
      ] as const) {
        const { kernelId, fence, queue } = await newQueue();
        const [one, two] = [queuedRun({ batch: 'b', stopOnError }), queuedRun({ batch: 'b' })];
        await queue.enqueue(kernelId, newRequestId(), [one, two]);
        await queue.takeNext(kernelId, fence, startedAt);
        await queue.settle(kernelId, fence, one.view.runId, ended(state));
        expect((await queue.snapshot(kernelId)).queued).toEqual([two.view]);
      }
    });

    test('[X10] cancelling takes what is meant from the queue, never the running run', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const first = queuedRun({ author: 'ann', cell: 'c' });
      const runs = [
        queuedRun({ author: 'ann' }),
        queuedRun({ author: 'ben' }),
        queuedRun({ author: 'cem', cell: 'c', source: 'another text' }),
        queuedRun({ author: 'dan' }),
        queuedRun({ author: 'eve', cell: null }),
      ];
      const [ann, ben, cem, dan, eve] = runs.map(({ view }) => view);
      if (ann === undefined || ben === undefined || cem === undefined || dan === undefined || eve === undefined) {
        throw new Error('unreachable');
      }
      await queue.enqueue(kernelId, newRequestId(), [first, ...runs]);
      await queue.takeNext(kernelId, fence, startedAt);
      const byAuthor = { by: 'author', participantId: ann.author.participantId } as const;
      const byCell = { by: 'cell', cellId: CellId.parse('c') } as const;
      const byRun = { by: 'runs', runIds: [ben.runId, RunId.parse('none'), first.view.runId] } as const;
      const cancelled = (view: typeof ann) => ({ ...view, state: 'cancelled', finishedAt, reason: 'by Ann' });
      expect(await queue.cancel(kernelId, byAuthor, finishedAt, 'by Ann')).toEqual([cancelled(ann)]);
      expect(await queue.cancel(kernelId, byCell, finishedAt, 'by Ann')).toEqual([cancelled(cem)]);
      expect(await queue.cancel(kernelId, byRun, finishedAt, 'by Ann')).toEqual([cancelled(ben)]);
      expect(await queue.cancel(kernelId, byRun, finishedAt, 'by Ann')).toEqual([]);
      expect((await queue.snapshot(kernelId)).number).toBe(5);
      expect(await queue.cancel(kernelId, { by: 'all' }, finishedAt, 'by Ann')).toEqual([dan, eve].map(cancelled));
      expect((await queue.running(kernelId))?.view.runId).toBe(first.view.runId);
    });

    test('the last 1,000 finished runs are kept, and at most a hundred more', async () => {
      const { kernelId, queue } = await newQueue();
      const runs = Array.from({ length: 1_203 }, () => queuedRun({ cell: null, source: 'x' }));
      await queue.enqueue(kernelId, newRequestId(), runs);
      await queue.cancel(kernelId, { by: 'all' }, finishedAt, 'enough');
      const found = await Promise.all(runs.map(({ view }) => queue.find(kernelId, view.runId)));
      expect(new Set(found.slice(0, 103))).toEqual(new Set([null]));
      expect(found.slice(203)).not.toContain(null);
    });
  });

  test('finished runs are kept for 7 days, until ten others end at most', async () => {
    const { kernelId, fence, queue } = await newQueue();
    const end = async (runId: string, at: string): Promise<void> => {
      await queue.enqueue(kernelId, newRequestId(), [queuedRun({ runId, cell: null })]);
      await queue.takeNext(kernelId, fence, startedAt);
      await queue.settle(kernelId, fence, RunId.parse(runId), { ...ended('succeeded'), finishedAt: at });
    };
    await end('old', '2026-01-01T00:00:00.000Z');
    await end('young', '2026-01-01T00:00:00.001Z');
    await end('last', '2026-01-08T00:00:00.001Z');
    for (let each = 0; each < 7; each += 1) {
      await queue.enqueue(kernelId, newRequestId(), [queuedRun({ cell: null })]);
      await queue.cancel(kernelId, { by: 'all' }, '2026-01-08T00:00:00.001Z', 'enough');
    }
    expect(await queue.find(kernelId, RunId.parse('old'))).toBeNull();
    expect(await queue.find(kernelId, RunId.parse('young'))).toMatchObject({ state: 'succeeded' });
  });

  describe('holding', () => {
    test('nothing is taken from a held queue until it is released', async () => {
      const { kernelId, fence, queue } = await newQueue();
      await queue.enqueue(kernelId, newRequestId(), [queuedRun()]);
      await queue.hold(kernelId, 'kernelDied');
      await queue.hold(kernelId, 'kernelDied');
      expect(await queue.takeNext(kernelId, fence, later)).toEqual({ outcome: 'nothing' });
      expect(await queue.snapshot(kernelId)).toMatchObject({ number: 2, held: 'kernelDied' });
      await queue.release(kernelId);
      await queue.release(kernelId);
      expect(await queue.snapshot(kernelId)).toMatchObject({ number: 3, held: null });
      expect((await queue.takeNext(kernelId, fence, startedAt)).outcome).toBe('taken');
    });
  });

  describe('fences', () => {
    test('steps of a former owner are refused with the highest fence, and change nothing', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const run = queuedRun();
      await queue.enqueue(kernelId, newRequestId(), [run, queuedRun()]);
      await queue.takeNext(kernelId, fence, startedAt);
      const subject = { kind: 'kernel', id: kernelId } as const;
      await store.leases.release(subject, fence);
      const next = await store.leases.claim(subject, newHubId(), 60_000, 40);
      expect(next).toEqual({ outcome: 'claimed', fence: 41 });
      const stale = { outcome: 'stale', highestFence: 41 };
      const before = await queue.snapshot(kernelId);
      expect(await queue.settle(kernelId, fence, run.view.runId, ended('succeeded'))).toEqual(stale);
      expect(await queue.takeNext(kernelId, fence, startedAt)).toEqual(stale);
      expect(await queue.snapshot(kernelId)).toEqual(before);
      expect(await queue.settle(kernelId, 41, run.view.runId, ended('succeeded'))).toEqual({ outcome: 'settled' });
    });

    test('a fence that a step carried makes older ones stale, whatever became of the lease', async () => {
      const { kernelId, queue } = await newQueue();
      expect(await queue.takeNext(kernelId, 90, startedAt)).toEqual({ outcome: 'nothing' });
      expect(await queue.takeNext(kernelId, 89, startedAt)).toEqual({ outcome: 'stale', highestFence: 90 });
    });
  });

  describe('subscribers', () => {
    test('[X9] each change is told once, in order, with its runs that ended', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const changes: QueueChange[] = [];
      const unsubscribe = queue.subscribe(kernelId, (change) => changes.push(change));
      const [one, two] = [queuedRun({ batch: 'b' }), queuedRun({ batch: 'b' })];
      await queue.enqueue(kernelId, newRequestId(), [one, two]);
      await queue.takeNext(kernelId, fence, startedAt);
      await queue.settle(kernelId, fence, one.view.runId, ended('failed'));
      await queue.hold(kernelId, 'byOwner');
      const last = await queue.snapshot(kernelId);
      await waitUntil('four changes', () => changes.length >= 4);
      unsubscribe();
      await queue.release(kernelId);
      expect(changes.map(({ snapshot }) => snapshot.number)).toEqual([1, 2, 3, 4]);
      expect(changes[0]?.snapshot.queued).toEqual([one.view, two.view]);
      expect(changes[1]?.snapshot.running?.runId).toBe(one.view.runId);
      expect(changes.map(({ finished }) => ids(finished))).toEqual([[], [], [one.view.runId, two.view.runId], []]);
      expect(changes[3]?.snapshot).toEqual(last);
    });

    test('a burst of steps is told without a hole, and a listener that throws hides nothing from the next', async () => {
      const { kernelId, queue } = await newQueue();
      const numbers: number[] = [];
      queue.subscribe(kernelId, () => {
        throw new Error('this listener is broken on purpose');
      });
      const unsubscribe = queue.subscribe(kernelId, ({ snapshot }) => numbers.push(snapshot.number));
      await Promise.all(Array.from({ length: 50 }, () => queue.enqueue(kernelId, newRequestId(), [queuedRun()])));
      await waitUntil('50 changes', () => numbers.length >= 50);
      expect(numbers).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      unsubscribe();
    });

    test('what subscribes late hears of later changes only', async () => {
      const { kernelId, queue } = await newQueue();
      await queue.enqueue(kernelId, newRequestId(), [queuedRun()]);
      const changes: QueueChange[] = [];
      const unsubscribe = queue.subscribe(kernelId, (change) => changes.push(change));
      await queue.enqueue(kernelId, newRequestId(), [queuedRun()]);
      await waitUntil('one change', () => changes.length >= 1);
      expect(changes.map(({ snapshot }) => [snapshot.number, snapshot.queued.length])).toEqual([[2, 2]]);
      unsubscribe();
    });
  });

  describe('keeping', () => {
    test('what was answered is there after the store was closed and opened', async () => {
      const { kernelId, fence, queue } = await newQueue();
      const [one, two, three] = [queuedRun(), queuedRun(), queuedRun()];
      const requestId = newRequestId();
      const first = await queue.enqueue(kernelId, requestId, [one, two, three]);
      await queue.takeNext(kernelId, fence, startedAt);
      await queue.settle(kernelId, fence, one.view.runId, ended('succeeded'));
      await queue.takeNext(kernelId, fence, startedAt);
      await queue.hold(kernelId, 'restarted');
      const before = await queue.snapshot(kernelId);
      await store.close();
      store = await openStore();
      expect(await store.runQueue.snapshot(kernelId)).toEqual(before);
      expect((await store.runQueue.running(kernelId))?.source).toBe(two.source);
      expect(await store.runQueue.find(kernelId, one.view.runId)).toMatchObject({ state: 'succeeded' });
      expect(await store.runQueue.enqueue(kernelId, requestId, [queuedRun()])).toEqual(first);
      expect(await store.runQueue.takeNext(kernelId, fence - 1, startedAt)).toMatchObject({ outcome: 'stale' });
    });

    test('a dropped kernel leaves nothing behind', async () => {
      const { kernelId, queue } = await newQueue();
      const run = queuedRun();
      await queue.enqueue(kernelId, newRequestId(), [run]);
      await queue.drop(kernelId);
      expect(await queue.snapshot(kernelId)).toEqual({
        number: 0,
        held: null,
        rules: DEFAULT_QUEUE_RULES,
        running: null,
        queued: [],
      });
      expect(await queue.find(kernelId, run.view.runId)).toBeNull();
    });

    test('a closed store refuses with QueueUnavailable', async () => {
      const other: QueueStore = store;
      await other.close();
      await other.close();
      const kernelId: KernelId = newKernelId();
      await expect(other.runQueue.snapshot(kernelId)).rejects.toThrow(QueueUnavailable);
      store = await openStore();
    });
  });
}
