/** What a kernel session does with a run that it can't send, before and after another hub has taken over. */
import { expect, test } from '@jest/globals';
import type { QueuedRun, Settlement } from '../../src/run/run-queue.js';
import type { SessionEvent } from '../../src/run/kernel-session-model.js';
import { KernelHostError } from '../../src/kernel/kernel-host.js';
import { RunSteps } from '../../src/run/run-steps.js';
import { queuedRun } from '../support/queued-run.js';

const run = queuedRun();
const lost: Settlement = { state: 'lost', finishedAt: '2026-01-01T00:00:02.000Z', executionCount: null, reason: 'x' };

function stage(refusal: () => Error, next: QueuedRun | null = null, mayTake = true) {
  const told: SessionEvent[] = [];
  const ended: string[] = [];
  const steps = new RunSteps({
    owner: {
      takeNext: () => Promise.resolve(null),
      settle: () => {
        ended.push('in the queue');
        return Promise.resolve();
      },
      settleAndTakeNext: () => {
        ended.push('in the queue, with a look at the next');
        return Promise.resolve(next);
      },
    },
    liveRuns: {
      open: () => Promise.resolve(),
      begin: () => Promise.resolve(),
      resume: () => Promise.resolve(null),
      missed: () => undefined,
      end: () => {
        ended.push('in the notebook');
        return Promise.resolve();
      },
    },
    fence: () => 1,
    send: () => Promise.reject(refusal()),
    sender: () => ({ msgId: 'hub', session: 'hub', username: 'hub', date: lost.finishedAt }),
    now: () => lost.finishedAt,
    mayTake: () => mayTake,
    expectAnswer: () => undefined,
    handle: (event) => told.push(event),
  });
  return { steps, told, ended };
}

test('[J7] a run that the kernel can not get is told as not sent, and ends in the notebook before it leaves the queue', async () => {
  const { steps, told, ended } = stage(() => new KernelHostError('noSuchKernel', 'it is gone'));
  await steps.begin(run);
  expect(told).toEqual([expect.objectContaining({ type: 'requestNotSent', runId: run.view.runId })]);
  await steps.settle(run, lost, {});
  expect(ended).toEqual(['in the notebook', 'in the queue, with a look at the next']);
});

test('the next run is taken in the step that settles one, while the kernel can have it', async () => {
  const next = queuedRun();
  const ready = stage(() => new Error('not sent here'), next);
  await ready.steps.settle(run, lost, {});
  expect(ready.told).toEqual([{ type: 'runTaken', run: next }]);
  const empty = stage(() => new Error('not sent here'));
  await empty.steps.settle(run, lost, {});
  expect(empty.told).toEqual([{ type: 'nothingTaken' }]);
  const dead = stage(() => new Error('not sent here'), next, false);
  await dead.steps.settle(run, lost, {});
  expect(dead).toMatchObject({ told: [{ type: 'runSettled' }], ended: ['in the notebook', 'in the queue'] });
});

test('[X7] [X11] a run that was taken as the session was left is ended nowhere: the next owner goes on with it', async () => {
  const { steps, told, ended } = stage(() => new Error('the notebook has no running kernel'));
  steps.leave();
  await steps.begin(run);
  await steps.settle(run, lost, {});
  expect({ told, ended }).toEqual({ told: [], ended: [] });
});

test('[X7] [X11] a keeper that serves another owner by now leaves the run to that one', async () => {
  const { steps, told } = stage(() => new KernelHostError('staleFence', 'another hub owns this kernel', 2));
  await steps.begin(run);
  expect(told).toEqual([]);
});
