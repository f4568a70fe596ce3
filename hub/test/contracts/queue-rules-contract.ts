/** What the rules of a RunQueue are, whatever keeps it: order, bound, moves. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEFAULT_QUEUE_RULES, FileId, ParticipantId, RunId } from '@cokernel/proto/hub';
import type { KernelId, QueueRules } from '@cokernel/proto/hub';
import fc from 'fast-check';
import { acceptedRuns } from '../../src/run/accepted-runs.js';
import type { MoveOutcome, QueueChange, RunQueue, Settlement } from '../../src/run/run-queue.js';
import { leasedQueue } from '../support/leased-queue.js';
import { newRequestId, queuedRun } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';
import type { QueueStore } from './run-queue-contract.js';

const startedAt = '2026-01-01T00:00:01.000Z';
const finishedAt = '2026-01-01T00:00:02.000Z';
const ended: Settlement = { state: 'succeeded', finishedAt, executionCount: 3, reason: null };

export function queueRulesContract(openStore: () => Promise<QueueStore>): void {
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
  const rules = (more: Partial<QueueRules>): QueueRules => ({ ...DEFAULT_QUEUE_RULES, ...more });
  const cellless = (author: string, runId: string) => queuedRun({ author, cell: null, runId });

  /** The authors of what waits, in order. */
  async function authors({ kernelId, queue }: Awaited<ReturnType<typeof newQueue>>): Promise<string> {
    return (await queue.snapshot(kernelId)).queued.map(({ author }) => author.name).join(' ');
  }

  test('[X10] fair: people take turns, and who comes late waits for one run of each other person at most', async () => {
    const made = await newQueue();
    const { kernelId, fence, queue } = made;
    await queue.setRules(kernelId, rules({ order: 'fair' }));
    const three = (author: string) => [1, 2, 3].map((n) => cellless(author, `${author}${String(n)}`));
    await queue.enqueue(kernelId, newRequestId(), three('ann'));
    expect(await queue.enqueue(kernelId, newRequestId(), three('ben'))).toMatchObject({
      runs: [{ place: 2 }, { place: 4 }, { place: 6 }],
    });
    expect(await authors(made)).toBe('ann ben ann ben ann ben');
    for (const runId of ['ann1', 'ben1', 'ann2']) {
      expect(await queue.takeNext(kernelId, fence, startedAt)).toMatchObject({ run: { view: { runId } } });
      await queue.settle(kernelId, fence, RunId.parse(runId), ended);
    }
    await queue.enqueue(kernelId, newRequestId(), three('cem'));
    expect(await authors(made)).toBe('ben cem ann ben cem cem');
    expect(ids((await queue.snapshot(kernelId)).queued).slice(1, 3)).toEqual(['cem1', 'ann3']);
  });

  test('what waits is put in turns when a queue becomes fair, and stays as it is when it is not any more', async () => {
    const made = await newQueue();
    const { kernelId, queue } = made;
    const changes: QueueChange[] = [];
    const unsubscribe = queue.subscribe(kernelId, (change) => changes.push(change));
    const names = ['ann', 'ann', 'ann', 'ben', 'cem'];
    await queue.enqueue(
      kernelId,
      newRequestId(),
      names.map((author) => queuedRun({ author, cell: null })),
    );
    expect(await authors(made)).toBe('ann ann ann ben cem');
    await queue.setRules(kernelId, rules({ order: 'fair' }));
    await queue.setRules(kernelId, rules({ order: 'fair' }));
    expect(await authors(made)).toBe('ann ben cem ann ann');
    await queue.setRules(kernelId, rules({ mostSeconds: 9 }));
    await queue.enqueue(kernelId, newRequestId(), [queuedRun({ author: 'ben', cell: null })]);
    expect(await authors(made)).toBe('ann ben cem ann ann ben');
    await waitUntil('four changes', () => changes.length >= 4);
    unsubscribe();
    expect(changes.map(({ snapshot }) => snapshot.queued.map(({ author }) => author.name).join(' '))).toEqual([
      'ann ann ann ben cem',
      'ann ben cem ann ann',
      'ann ben cem ann ann',
      'ann ben cem ann ann ben',
    ]);
    expect(changes.at(-1)?.snapshot.rules).toEqual(rules({ mostSeconds: 9 }));
  });

  test('whose run runs when a queue becomes fair has had their turn', async () => {
    const made = await newQueue();
    const { kernelId, fence, queue } = made;
    const runs = ['ann', 'ann', 'ann', 'ben'].map((author) => queuedRun({ author, cell: null }));
    await queue.enqueue(kernelId, newRequestId(), runs);
    await queue.takeNext(kernelId, fence, startedAt);
    await queue.setRules(kernelId, rules({ order: 'fair' }));
    expect(await authors(made)).toBe('ben ann ann');
    await queue.enqueue(kernelId, newRequestId(), [queuedRun({ author: 'ben', cell: null })]);
    expect(await authors(made)).toBe('ben ann ben ann');
  });

  test('more runs of one person than may wait are refused, all of the request, and others are not', async () => {
    const { kernelId, queue } = await newQueue();
    await queue.setRules(kernelId, rules({ mostWaiting: 2 }));
    const ask = (author: string, count: number, requestId = newRequestId()) =>
      queue.enqueue(
        kernelId,
        requestId,
        Array.from({ length: count }, () => queuedRun({ author, cell: null })),
      );
    expect(await ask('ann', 1)).toMatchObject({ outcome: 'accepted' });
    const refused = { outcome: 'tooManyWait', waiting: 1, mostWaiting: 2 };
    const requestId = newRequestId();
    expect(await ask('ann', 2, requestId)).toEqual(refused);
    expect(await ask('ann', 1, requestId)).toEqual(refused);
    expect(await ask('ben', 2)).toMatchObject({ outcome: 'accepted' });
    expect(await ask('ann', 1)).toMatchObject({ outcome: 'accepted' });
    expect(await queue.snapshot(kernelId)).toMatchObject({ number: 4, queued: { length: 4 } });
  });

  test("[X10] a person moves their own runs among their own places, and the others' stay where they are", async () => {
    const { kernelId, queue } = await newQueue();
    const runs = ['ann1', 'ben1', 'ann2', 'ben2', 'ann3'].map((id) => cellless(id.slice(0, 3), id));
    await queue.enqueue(kernelId, newRequestId(), runs);
    const changes: QueueChange[] = [];
    const unsubscribe = queue.subscribe(kernelId, (change) => changes.push(change));
    const move = moving(queue, kernelId);
    expect(await move('ann3', 'ann1', 'ann')).toEqual({ outcome: 'moved' });
    expect(await move('ann3', 'ann3', 'ann')).toEqual({ outcome: 'moved' });
    expect(await move('ann3', 'ben1', 'ann')).toEqual({ outcome: 'notYours', runId: 'ben1' });
    expect(await move('ben2', null, 'ann')).toEqual({ outcome: 'notYours', runId: 'ben2' });
    expect(await move('gone', null, 'ann')).toEqual({ outcome: 'notQueued', runId: 'gone' });
    expect(await move('ben2', 'ann3', 'cem', 'a-file')).toEqual({ outcome: 'moved' });
    expect(await move('ben2', null, 'cem', 'a-file')).toEqual({ outcome: 'moved' });
    await waitUntil('three changes', () => changes.length >= 3);
    unsubscribe();
    expect(changes.map(({ snapshot }) => ids(snapshot.queued).join(' '))).toEqual([
      'ann3 ben1 ann1 ben2 ann2',
      'ben2 ann3 ben1 ann1 ann2',
      'ann3 ben1 ann1 ann2 ben2',
    ]);
    expect(ids((await queue.snapshot(kernelId)).queued)).toEqual(ids(changes.at(-1)?.snapshot.queued ?? []));
  });

  test('[P34] [P47] on a kernel that notebooks share, who manages one moves its runs and those of none, and no other’s', async () => {
    const { kernelId, queue } = await newQueue();
    const of = (file: string, runId: string) => queuedRun({ author: runId.slice(0, 3), file, runId });
    const runs = [of('a', 'ann1'), of('b', 'ben1'), cellless('cem', 'cem1'), of('a', 'dan1'), of('b', 'eva1')];
    await queue.enqueue(kernelId, newRequestId(), runs);
    const move = moving(queue, kernelId);
    expect(await move('ben1', null, 'fay', 'a')).toEqual({ outcome: 'notYours', runId: 'ben1' });
    expect(await move('dan1', 'eva1', 'fay', 'a')).toEqual({ outcome: 'notYours', runId: 'eva1' });
    expect(await move('dan1', 'ann1', 'fay', 'a')).toEqual({ outcome: 'moved' });
    expect(ids((await queue.snapshot(kernelId)).queued).join(' ')).toBe('dan1 ben1 ann1 cem1 eva1');
    expect(await move('eva1', 'dan1', 'eva', 'a')).toEqual({ outcome: 'moved' });
    expect(ids((await queue.snapshot(kernelId)).queued).join(' ')).toBe('eva1 ben1 dan1 ann1 cem1');
  });

  test('[M22] of thirty people who press Run all at once in fair, nobody waits for more than one run of each other', async () => {
    const { kernelId, fence, queue } = await newQueue();
    await queue.setRules(kernelId, rules({ order: 'fair' }));
    const people = Array.from({ length: 30 }, (_, n) => `person${String(n)}`);
    const all = (author: string) => Array.from({ length: 5 }, () => queuedRun({ author, cell: null }));
    await Promise.all(people.map((author) => queue.enqueue(kernelId, newRequestId(), all(author))));
    const order: string[] = [];
    for (;;) {
      const taken = await queue.takeNext(kernelId, fence, startedAt);
      if (taken.outcome !== 'taken') break;
      order.push(taken.run.view.author.name);
      await queue.settle(kernelId, fence, taken.run.view.runId, ended);
    }
    const turns = Array.from({ length: 5 }, (_, turn) => order.slice(turn * 30, turn * 30 + 30).sort());
    expect(turns).toEqual(turns.map(() => [...people].sort()));
  });

  test('[X12] two people press Run on one cell at once, 1,000 times: one run, and the other is told whose', async () => {
    const random = fc.sample(fc.nat(), { seed: 1, numRuns: 2_000 });
    for (let round = 0; round < 20; round += 1) {
      const { kernelId, queue } = await newQueue();
      const presses = Array.from({ length: 100 }, (_, n) => ({
        cell: `cell${String(n >> 1)}`,
        author: n % 2 === 0 ? 'ann' : 'ben',
        at: random[round * 100 + n] ?? 0,
      })).sort((one, other) => one.at - other.at);
      const told = await Promise.all(
        presses.map(async ({ cell, author }) => {
          const { runs } = acceptedRuns(
            await queue.enqueue(kernelId, newRequestId(), [queuedRun({ cell, author, source: '1' })]),
          );
          return { cell, author, of: runs[0]?.run.author.name, runId: runs[0]?.run.runId, outcome: runs[0]?.outcome };
        }),
      );
      for (const { cell, runId, of } of told.filter(({ outcome }) => outcome === 'queued')) {
        const other = told.filter((one) => one.cell === cell && one.outcome === 'merged');
        expect(other).toMatchObject([{ runId, of }]);
        expect(other[0]?.author).not.toBe(of);
      }
      expect((await queue.snapshot(kernelId)).queued).toHaveLength(50);
    }
  });
}

/** What a person asks for; with a notebook, one that they manage. */
function moving(queue: RunQueue, kernelId: KernelId) {
  return (run: string, before: string | null, who: string, file: string | null = null): Promise<MoveOutcome> =>
    queue.move(kernelId, RunId.parse(run), before === null ? null : RunId.parse(before), {
      participantId: ParticipantId.parse(who),
      fileId: file === null ? null : FileId.parse(file),
    });
}
