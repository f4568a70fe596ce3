/** What the tortures of many hubs take for a fault, case by case: a judge that finds none would praise any hub. */
import { describe, expect, test } from '@jest/globals';
import { RunView } from '@cokernel/proto/hub';
import { faultsOfCells, faultsOfRuns, type RunsSeen } from './support/judge-runs.js';
import { shownBy } from './support/cluster-programs.js';

function run(runId: string, cellId: string, state: string, more: object = {}): RunView {
  const view = { runId, batchId: 'b', author: { participantId: 'ann', name: 'Ann' }, sourceHash: '', state };
  const times = { queuedAt: '', startedAt: null, finishedAt: null, executionCount: null, reason: null };
  return RunView.parse({ ...view, ...times, target: { kind: 'cell', cellId }, ...more });
}

/** Of runs that were asked for, sent and ran once each, unless `more` says otherwise. */
function seen(runs: readonly RunView[], more: Partial<RunsSeen> = {}): RunsSeen {
  const ids = runs.map(({ runId }) => runId);
  return {
    accepted: ids,
    runs: new Map(runs.map((one) => [one.runId, one])),
    times: new Map(ids.map((id) => [id, 1])),
    sent: ids.map((msgId) => ({ type: 'sent', msgId, fence: 1 })),
    withdrawers: new Set(),
    ...more,
  };
}

const good = run('r1', 'quick', 'succeeded');
const failed = run('r2', 'fails', 'failed');
const withdrawn = run('r3', 'quick', 'cancelled', { reason: 'withdrawn by Ann' });
const neverRan = { times: new Map<string, number>(), sent: [] };
const sent = (msgId: string, fence: number) => ({ type: 'sent' as const, msgId, fence });

describe('the judge of runs', () => {
  test.each<[string, RunsSeen]>([
    ['a run that ran once', seen([good])],
    ['a run that failed as it should', seen([failed])],
    ['what somebody withdrew', seen([withdrawn], { ...neverRan, withdrawers: new Set(['Ann']) })],
    [
      'what waited behind a failed run of its batch',
      seen([failed, run('r4', 'quick', 'cancelled')], { times: new Map([['r2', 1]]), sent: [sent('r2', 1)] }),
    ],
    ['a later owner with a higher fence', seen([good, failed], { sent: [sent('r1', 1), sent('r2', 3)] })],
  ])('[X11] finds no fault in %s', (_title, runs) => {
    expect(faultsOfRuns(runs)).toEqual([]);
  });

  test.each<[string, RunsSeen, RegExp]>([
    ['a run that is forgotten', seen([good], { accepted: ['r1', 'r9'] }), /r9 was accepted and is forgotten/],
    ['a run that ran twice', seen([good], { times: new Map([['r1', 2]]) }), /r1 .* ran 2 times/],
    ['a run that succeeded and never ran', seen([good], { times: new Map() }), /r1 .* ran 0 times/],
    ['a run that was sent twice', seen([good], { sent: [sent('r1', 1), sent('r1', 1)] }), /r1 was sent twice/],
    ['a run that nobody asked for', seen([good], { times: new Map([...seen([good]).times, ['r9', 1]]) }), /r9 ran and/],
    ['a run that ended otherwise than it should', seen([run('r1', 'fails', 'succeeded')]), /'fails' succeeded/],
    ['a run that is lost', seen([run('r1', 'quick', 'lost')]), /'quick' lost/],
    ['a run that waits for ever', seen([run('r1', 'quick', 'queued')], neverRan), /'quick' queued/],
    ['a run that nobody withdrew', seen([withdrawn], neverRan), /'quick' cancelled/],
    ['a withdrawn run that ran', seen([withdrawn], { withdrawers: new Set(['Ann']) }), /cancelled .* ran 1 times/],
    [
      'an older owner behind a newer one',
      seen([good, failed], { sent: [sent('r1', 2), sent('r2', 1)] }),
      /under fence 1/,
    ],
  ])('[X11] [X12] finds %s', (_title, runs, fault) => {
    expect(faultsOfRuns(runs).join()).toMatch(fault);
  });
});

test('[X6] the judge of cells finds output that is missing, and none where the newest run was withdrawn', () => {
  const cell = { name: 'prints', runId: 'r1' } as const;
  const whole = shownBy('prints', 'r1');
  const runs = new Map([['r1', run('r1', 'prints', 'succeeded')]]);
  expect(faultsOfCells(runs, [{ ...cell, shown: whole }])).toEqual([]);
  const text = whole[0]?.text.replace('r1 7\n', '') ?? '';
  expect(faultsOfCells(runs, [{ ...cell, shown: [{ kind: 'stdout', text }] }]).join()).toContain("below 'prints'");
  const cancelled = new Map([['r1', run('r1', 'prints', 'cancelled')]]);
  expect(faultsOfCells(cancelled, [{ ...cell, shown: [] }])).toEqual([]);
});
