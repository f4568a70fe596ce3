import { describe, expect, test } from '@jest/globals';
import { SOMEBODY } from '@cokernel/proto/hub';
import { agoText, inReadingOrder } from '../src/files-page/file-order.js';
import { kernelStateText, runningKernelText, stopLosses } from '../src/notebook-page/kernel-texts.js';
import { restartLosses } from '../src/notebook-page/restart-losses.js';
import { savingText } from '../src/notebook-page/saving-text.js';
import { completionResult } from '../src/notebook-widget/kernel-completion.js';
import { ann, ben, here, kernelView, queueView, roomState, runView, there } from './views.js';

test('[M8] a restart names whose runs it ends, the running one first', () => {
  const queue = queueView(runView('1', ben), [runView('2', ann), runView('3', ben), runView('4', ben)]);
  expect(restartLosses(queue, ann.participantId)).toEqual([
    "Ben's running cell is stopped.",
    'Your waiting run is withdrawn.',
    "Ben's 2 waiting runs are withdrawn.",
  ]);
  const shared = queueView(runView('1', SOMEBODY), [runView('2', SOMEBODY), runView('3', ann)]);
  expect(restartLosses(shared, ann.participantId)).toEqual([
    "Another notebook's running cell is stopped.",
    "Another notebook's waiting run is withdrawn.",
    'Your waiting run is withdrawn.',
  ]);
});

describe('the kernel', () => {
  const shared = { ...kernelView('idle'), notebooks: [here, there] };
  const existing = { ...kernelView('idle'), origin: 'existing' as const };

  test('[P34] is shown with what it uses and with whom it is shared', () => {
    const usage = { rssBytes: 312_400_000, cpuPercent: 3.6 };
    expect(kernelStateText(roomState())).toBe('ready');
    expect(kernelStateText(roomState({ kernelUsage: usage }))).toBe('ready · 312 MB · 4 %');
    expect(kernelStateText(roomState({ kernelUsage: { ...usage, rssBytes: 2_340_000_000 } }))).toContain('2.3 GB');
    expect(kernelStateText(roomState({ kernel: shared }))).toBe('ready · shared with b.ipynb');
    expect(kernelStateText(roomState({ kernel: kernelView('reconnecting') }))).toBe('reconnecting…');
    expect(kernelStateText(roomState({ kernel: null }))).toBe('starts with the first run');
  });

  test('[P34] of others is named by their notebooks', () => {
    const running = { ...shared, usage: null, lastActivity: '' };
    expect(runningKernelText(running)).toBe('a.ipynb and b.ipynb');
    expect(runningKernelText({ ...running, notebooks: [] })).toBe('no notebook');
    const many = [here, there, there, there];
    expect(runningKernelText({ ...running, notebooks: many })).toBe('a.ipynb, b.ipynb and 2 more');
    expect(runningKernelText({ ...running, notebooks: [], origin: 'existing' })).toBe('by its connection file');
  });

  test('[P35] that is shut down says who else loses it', () => {
    expect(stopLosses(roomState())).toEqual([]);
    expect(stopLosses(roomState({ kernel: shared }))).toEqual(['b.ipynb uses it too, and loses its variables.']);
    expect(stopLosses(roomState({ kernel: existing }))).toHaveLength(1);
  });
});

describe('[X2] the saving status', () => {
  const time = (): string => '10:15';
  test.each([
    [{ state: 'saved', at: '2026-01-01T10:15:00Z' }, 'Saved at 10:15'],
    [{ state: 'saved', at: null }, 'Saved'],
    [{ state: 'saving' }, 'Saving…'],
    [{ state: 'unsaved' }, 'Unsaved changes'],
    [{ state: 'failed', reason: 'no space left' }, 'Not saved: no space left'],
  ] as const)('%j reads %s', (saving, text) => {
    expect(savingText(saving, time)).toBe(text);
  });

  test('says where unsaved changes lie when that is no disk', () => {
    expect(savingText({ state: 'unsaved' }, time, true)).toBe('Unsaved changes, in Redis’s memory');
    expect(savingText({ state: 'saved', at: null }, time, true)).toBe('Saved');
  });
});

test('files stand in the order in which a person looks for them', () => {
  const entry = (name: string, type: 'directory' | 'notebook' | 'file') =>
    ({ name, path: name, type, writable: true, last_modified: '2026-01-01T00:00:00Z' }) as const;
  const entries = [
    entry('a.txt', 'file'),
    entry('n10.ipynb', 'notebook'),
    entry('n2.ipynb', 'notebook'),
    entry('z', 'directory'),
  ];
  expect(inReadingOrder(entries).map((one) => one.name)).toEqual(['z', 'n2.ipynb', 'n10.ipynb', 'a.txt']);
});

test.each([
  [10_000, 'just now'],
  [5 * 60_000, '5 min ago'],
  [3 * 3_600_000, '3 h ago'],
  [30 * 3_600_000, 'yesterday'],
  [72 * 3_600_000, '3 days ago'],
])('a change %d ms ago reads %s', (age, text) => {
  expect(agoText(1_000_000_000_000 - age, 1_000_000_000_000)).toBe(text);
});

describe('completion', () => {
  const reply = { matches: ['print'], cursor_start: 1, cursor_end: 3, metadata: {} };

  test('counts positions in code points as Jupyter does, and answers in UTF-16 units as the editor does', () => {
    expect(completionResult('😀pr', reply)).toMatchObject({ from: 2, to: 4, options: [{ label: 'print' }] });
  });

  test('offers nothing for no matches or an answer of another shape', () => {
    expect(completionResult('pr', { ...reply, matches: [] })).toBeNull();
    expect(completionResult('pr', { status: 'error' })).toBeNull();
  });
});
