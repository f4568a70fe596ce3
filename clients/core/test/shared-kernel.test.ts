/** A kernel that notebooks share, as one room's client sees it. */
import { describe, expect, test } from '@jest/globals';
import { HubEvent, RunView, Welcome } from '@cokernel/proto/hub';
import { otherNotebookOf } from '../src/other-notebook.js';
import { initialRoomState, nextRoomState } from '../src/room-state.js';
import { welcome } from './support/small-hub.js';

const inside = nextRoomState(initialRoomState('x'), { type: 'welcomed', welcome: Welcome.parse(welcome) });
const here = inside.fileId ?? '';
const told = (state: typeof inside, event: unknown) =>
  nextRoomState(state, { type: 'told', event: HubEvent.parse(event) });

function kernelChanged(kernelId: string, status = 'idle') {
  const notebooks = [
    { fileId: here, path: 'a b.ipynb' },
    { fileId: 'f-b', path: 'b.ipynb' },
  ];
  const names = { kernelId, specName: 's', displayName: 'S', language: null, reason: null, origin: 'started' };
  return { event: 'kernelChanged', kernel: { ...names, status, notebooks } };
}

function run(target: object): RunView {
  const times = { queuedAt: '', startedAt: null, finishedAt: null };
  const rest = { batchId: 'b', sourceHash: '', state: 'queued', executionCount: null, reason: null, ...times };
  return RunView.parse({ runId: 'r', author: { participantId: 'p', name: 'Ann' }, target, ...rest });
}

describe('what a kernel uses', () => {
  const usage = { event: 'kernelUsage', kernelId: 'k', rssBytes: 1000, cpuPercent: 4 };

  test('is that of the kernel that the notebook has now', () => {
    const measured = told(told(inside, kernelChanged('k')), usage);
    expect(measured.kernelUsage).toEqual({ rssBytes: 1000, cpuPercent: 4 });
    expect(told(measured, kernelChanged('k', 'busy')).kernelUsage).toEqual({ rssBytes: 1000, cpuPercent: 4 });
    expect(told(measured, { ...usage, kernelId: 'other', rssBytes: 5 })).toBe(measured);
  });

  test.each([
    ['another kernel', kernelChanged('k2')],
    ['one that was restarted', kernelChanged('k', 'restarting')],
    ['none', { event: 'kernelChanged', kernel: null }],
  ])('is not known yet of %s', (_title, event) => {
    expect(told(told(told(inside, kernelChanged('k')), usage), event).kernelUsage).toBeNull();
  });
});

describe('a run', () => {
  const shared = told(inside, kernelChanged('k'));

  test.each([
    ['of this notebook', { kind: 'cell', cellId: 'c', fileId: here }, null],
    ['of no cell', { kind: 'transcript' }, null],
    ['of a hub that did not say', { kind: 'cell', cellId: 'c' }, null],
    ['[P34] of another notebook', { kind: 'cell', cellId: 'c', fileId: 'f-b' }, 'b.ipynb'],
    ['of one that shares the kernel no more', { kind: 'cell', cellId: 'c', fileId: 'f-z' }, 'another notebook'],
  ])('%s', (_title, target, expected) => {
    expect(otherNotebookOf(run(target), shared)).toBe(expected);
  });
});
