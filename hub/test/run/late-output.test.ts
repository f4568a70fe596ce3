/** Output for runs that ended under an earlier owner: what was printed after the end, once and in order. */
import { beforeEach, expect, test } from '@jest/globals';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { pino } from 'pino';
import { LateOutput } from '../../src/run/late-output.js';
import type { QueuedRun } from '../../src/run/run-queue.js';
import { says } from '../support/kernel-messages.js';
import { queuedRun } from '../support/queued-run.js';

const END = '2026-01-01T00:00:10.000Z';
const AFTER = '2026-01-01T00:00:10.000123Z';
const BEFORE = '2026-01-01T00:00:09.999Z';

let asked: string[];
let resumed: string[];
let accepted: string[];
let known: QueuedRun | null;
let knownToNotebook: boolean;
let letThrough: (() => void)[] | null;
let late: LateOutput;

beforeEach(() => {
  const run = queuedRun({ runId: 'r1', cell: 'c1' });
  [asked, resumed, accepted, letThrough] = [[], [], [], null];
  known = { ...run, view: { ...run.view, state: 'succeeded', finishedAt: END } };
  knownToNotebook = true;
  late = new LateOutput({
    endedRun: (runId) => {
      asked.push(runId);
      return Promise.resolve(known);
    },
    resume: async (one) => {
      resumed.push(one.view.runId);
      const held = letThrough;
      if (held !== null) await new Promise<void>((resolve) => held.push(resolve));
      return knownToNotebook;
    },
    accept: (_runId, message) => accepted.push(String(message.content['text'])),
    log: pino({ level: 'silent' }),
  });
});

const printed = (runId: string, text: string, date: string): KernelMessage => {
  const message = says.prints(runId, text);
  return { ...message, header: { ...message.header, date } };
};
const take = (text: string, date = AFTER, runId = 'r1'): void =>
  late.take(runId, printed(runId, text, date), { journalId: 'j', seq: 1 });
const settled = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

test('[J7] what was printed after the run’s end is accepted in order, also what comes while its notebook opens', async () => {
  letThrough = [];
  take('a');
  take('b');
  await settled();
  take('c');
  expect(accepted).toEqual([]);
  letThrough.forEach((go) => {
    go();
  });
  await settled();
  expect(accepted).toEqual(['a', 'b', 'c']);
  expect({ asked, resumed }).toEqual({ asked: ['r1'], resumed: ['r1'] });
});

test('[J7] what was printed before the run’s end is history, and opens no notebook', async () => {
  take('a', BEFORE);
  await settled();
  expect({ resumed, accepted }).toEqual({ resumed: [], accepted: [] });
});

test('[J7] output of a run that nobody remembers, or whose notebook does not, is dropped and asked for once', async () => {
  knownToNotebook = false;
  take('a');
  await settled();
  take('b');
  await settled();
  expect({ asked, resumed, accepted }).toEqual({ asked: ['r1'], resumed: ['r1'], accepted: [] });
});

test('[X15] what a widget prints at each of its thousands of moves is not remembered for ever', async () => {
  known = null;
  for (let move = 0; move < 3_000; move += 1) take('a', AFTER, `move-${String(move)}`);
  await settled();
  take('b', AFTER, 'move-2999');
  take('b', AFTER, 'move-0');
  await settled();
  expect(asked.slice(3_000)).toEqual(['move-0']);
});
