import { describe, expect, test } from '@jest/globals';
import type { RoomState } from '@cokernel/core';
import {
  DEFAULT_QUEUE_RULES,
  CellId,
  HubEvent,
  KernelId,
  KernelView,
  NotebookView,
  ParticipantId,
  ParticipantView,
  PromptView,
  RunId,
  RunView,
} from '@cokernel/proto/hub';
import {
  changeLines,
  connectionLines,
  endText,
  headerLines,
  noticeLine,
  promptLine,
  queueLines,
  waitingText,
} from '../src/attach/room-lines.js';
import { liveText, newsText } from '../src/attach/run-lines.js';
import { makePaint } from '../src/text/terminal-text.js';
import type { CellSnapshot, RunNews } from '../src/text/run-progress.js';

const paint = makePaint(false);
const here = NotebookView.parse({ fileId: 'f', path: 'pair.ipynb' });
const other = NotebookView.parse({ fileId: 'g', path: 'b.ipynb' });

function person(name: string, clients: readonly string[] = ['page']): ParticipantView {
  return ParticipantView.parse({ participantId: `id-${name}`, name, color: '#102030', role: 'editor', clients });
}

function kernel(status: string, reason: string | null = null): KernelView {
  return KernelView.parse({
    kernelId: KernelId.parse('k'),
    specName: 'python3',
    displayName: 'Python 3',
    language: 'python',
    status,
    reason,
    origin: 'started',
    notebooks: [here],
  });
}

function run(runId: string, name: string, state = 'queued', reason: string | null = null): RunView {
  return RunView.parse({
    runId,
    batchId: 'b',
    author: { participantId: `id-${name}`, name },
    target: { kind: 'cell', cellId: 'c' },
    state,
    sourceHash: '',
    queuedAt: '',
    startedAt: null,
    finishedAt: null,
    executionCount: null,
    reason,
  });
}

const inside: RoomState = {
  connection: 'connected',
  failure: null,
  trouble: null,
  synced: true,
  you: { participantId: ParticipantId.parse('id-Cleo'), name: 'Cleo', color: 'red', role: 'editor' },
  fileId: here.fileId,
  path: 'pair.ipynb',
  participants: [person('Ann'), person('Cleo', ['terminal']), person('Gone', [])],
  kernel: kernel('idle'),
  kernelGone: null,
  kernelUsage: null,
  kernelSpecs: [],
  queue: { number: 1, held: null, rules: DEFAULT_QUEUE_RULES, running: null, queued: [] },
  prompt: null,
  saving: { state: 'saved', at: null },
  runs: new Map(),
};
const WHY_GONE = 'its machine\nhas stopped';
const gone: RoomState = { ...inside, kernel: null, kernelGone: WHY_GONE };
const GONE_LINE = 'the kernel is gone: its machine has stopped; /kernel starts a fresh one, and so does the next run';
const shared: RoomState = { ...inside, kernel: { ...kernel('idle'), notebooks: [other, here] } };
const busy: RoomState = {
  ...inside,
  queue: {
    number: 2,
    held: null,
    rules: DEFAULT_QUEUE_RULES,
    running: run('r1', 'Ann', 'running'),
    queued: [run('r2', 'Ben'), run('r3', 'Cleo')],
  },
};

describe('what a person is told about a room', () => {
  test('[M25] the header has the notebook, the kernel, the people who are here and the queue', () => {
    expect(headerLines(inside, paint).split('\n')[0]).toBe(
      'pair.ipynb · Python 3 idle · Ann, Cleo (you) · queue empty',
    );
    expect(headerLines({ ...busy, kernel: null }, paint)).toContain(
      'no kernel yet (the first run starts one) · Ann, Cleo (you) · Ann runs, 2 queued',
    );
    expect(headerLines(gone, paint)).toContain(`pair.ipynb · ${GONE_LINE} · `);
  });

  test.each<[string, RoomState, RoomState, string[]]>([
    ['nothing changed', inside, inside, []],
    [
      'the hub can not serve the notebook just now',
      { ...inside, connection: 'connecting' },
      { ...inside, connection: 'connecting', trouble: 'Redis is out of reach' },
      ['Redis is out of reach; trying again'],
    ],
    ['the connection is lost', inside, { ...inside, connection: 'disconnected' }, ['connection lost; trying again']],
    ['it is back', { ...inside, connection: 'disconnected' }, inside, ['connected again']],
    ['the first welcome is the header’s', { ...inside, connection: 'connecting', you: null }, inside, []],
    ['somebody came', inside, { ...inside, participants: [...inside.participants, person('Ben')] }, ['Ben came in']],
    ['somebody left', inside, { ...inside, participants: [person('Ann', []), person('Cleo')] }, ['Ann left']],
    ['a run makes the kernel busy: no line', inside, { ...inside, kernel: kernel('busy') }, []],
    [
      'the kernel died',
      inside,
      { ...inside, kernel: kernel('dead', 'killed\nby 9') },
      ['the kernel died: killed\nby 9'],
    ],
    [
      '[X20] it did not start',
      inside,
      { ...inside, kernel: kernel('failed', 'no module') },
      ['the kernel did not start: no module'],
    ],
    [
      'it restarts',
      inside,
      { ...inside, kernel: kernel('restarting') },
      ['the kernel restarts; its memory begins anew'],
    ],
    ['it was shut down', inside, { ...inside, kernel: null }, ['the notebook has no kernel any more']],
    ['[M9] [P58] its machine is gone', inside, gone, [GONE_LINE]],
    [
      '[P58] a hub that took over says so in its welcome',
      { ...inside, connection: 'disconnected' },
      gone,
      ['connected again', GONE_LINE],
    ],
    [
      '[P58] who comes later reads it in the header alone',
      { ...inside, connection: 'connecting', you: null },
      gone,
      [],
    ],
    ['[P58] the same hub says it again: no line', { ...gone, connection: 'disconnected' }, gone, ['connected again']],
    ['[P58] a fresh one is there', gone, inside, ['the notebook uses Python 3 now']],
    [
      'the hub lost its way to the kernel',
      inside,
      { ...inside, kernel: kernel('reconnecting') },
      ['the way to the kernel is broken; reconnecting…'],
    ],
    [
      'and found it again',
      { ...inside, kernel: kernel('reconnecting') },
      { ...inside, kernel: kernel('busy') },
      ['the kernel answers again'],
    ],
    ['[P34] another notebook shares it', inside, shared, ['b.ipynb uses this kernel too now']],
    ['[P34] the other notebook leaves it', shared, inside, ['b.ipynb uses this kernel no more']],
    [
      '[P34] the notebook is given a kernel that others use',
      { ...inside, kernel: null },
      shared,
      ['the notebook uses Python 3 now, shared with b.ipynb'],
    ],
  ])('%s', (_title, before, after, expected) => {
    expect([...connectionLines(before, after, paint), ...changeLines(before, after, paint)]).toEqual(expected);
  });

  test('[X9] the queue has names and places, and says why it is held', () => {
    expect(queueLines(inside)).toBe('nothing runs, nothing waits');
    expect(queueLines({ ...busy, queue: { ...busy.queue, held: 'kernelDied' } })).toBe(
      'running  Ann\n      1  Ben\n      2  Cleo (you)\nheld: the kernel died; a person in the page can let it go on',
    );
    const rules = { ...DEFAULT_QUEUE_RULES, order: 'fair' as const };
    expect(queueLines({ ...inside, queue: { ...inside.queue, rules } })).toBe(
      'nothing runs, nothing waits\npeople take turns',
    );
    expect(waitingText(busy, RunId.parse('r3'))).toBe('waiting behind Ann, place 2');
    expect(waitingText(busy, RunId.parse('r1'))).toBe('');
  });

  test('[P34] what the kernel uses, and the notebooks and runs of those who share it, are named', () => {
    const measured = { ...shared, kernelUsage: { rssBytes: 312_400_000, cpuPercent: 4.2 } };
    expect(headerLines(measured, paint)).toContain(' · Python 3 idle, 312 MB · 4 %, shared with b.ipynb · ');
    const target = { kind: 'cell' as const, cellId: CellId.parse('c'), fileId: other.fileId };
    const queue = { ...busy.queue, running: { ...run('r1', 'Ann', 'running'), target } };
    expect(queueLines({ ...shared, queue })).toContain('running  Ann in b.ipynb\n      1  Ben');
    expect(waitingText({ ...shared, queue }, RunId.parse('r2'))).toBe('waiting behind Ann in b.ipynb, place 1');
  });

  test('an end is said when no output says it', () => {
    expect(endText(run('r', 'Ann', 'cancelled', 'withdrawn by Ben'), paint)).toBe('cancelled: withdrawn by Ben');
    expect(endText(run('r', 'Ann', 'lost'), paint)).toBe('lost');
    expect(endText(run('r', 'Ann', 'failed', 'ZeroDivisionError'), paint)).toBe('');
  });

  test('[X8] another’s question names who is asked and how to take over', () => {
    const prompt = PromptView.parse({
      promptId: 'q',
      runId: 'r',
      cellId: 'c',
      asked: { participantId: 'id-Ann', name: 'Ann\x1b[2J' },
      text: 'Which\nway? ',
      password: false,
    });
    expect(promptLine(prompt, paint)).toBe('Ann is asked: Which way? (/answer takes over)');
  });

  test('a notice is shown without what could move the cursor', () => {
    const notice = HubEvent.parse({ event: 'notice', level: 'warning', code: 'c', message: 'a\x1b[2Jb' });
    expect(notice.event === 'notice' && noticeLine(notice, paint)).toBe('ab');
  });
});

describe('[M26] the news of a run as lines', () => {
  const style = { paint, openAt: null, notebook: "Ann's pair.ipynb" };
  const ann = { mine: false, name: 'Ann', color: '#102030' };
  const mine = { ...ann, mine: true };
  const snapshot: CellSnapshot = {
    cellId: 'c',
    source: 'a = 1\nprint(a)\n',
    run: { runId: 'r', author: 'Ann', state: 'failed' },
    count: 3,
    outputs: [],
  };
  const lines: RunNews = { type: 'lines', name: 'stdout', text: '1\n2\n' };

  test.each<[string, RunNews, string, string]>([
    ['its begin', { type: 'begun', snapshot }, '╭ Ann runs\n│ a = 1\n│ print(a)', ''],
    ['its lines', lines, '│ 1\n│ 2', '1\n2'],
    ['its end', { type: 'ended', snapshot }, '╰ Ann ran [3] failed', ''],
  ])('%s', (_title, news, theirs, own) => {
    expect([newsText(news, ann, style), newsText(news, mine, style)]).toEqual([theirs, own]);
  });

  test('what is not shown is named with the command that writes it', () => {
    const cut: RunNews = { type: 'cut', cellId: 'c-1', what: '1,234 more outputs' };
    const command = "cokernel output 'Ann'\\''s pair.ipynb' c-1";
    expect(newsText(cut, mine, style)).toBe(`⋯ 1,234 more outputs are not shown here; all of it: ${command} ⋯`);
    expect(newsText({ ...cut, what: null }, ann, style)).toBe(
      `│ ⋯ not all of it is shown here; all of it: ${command} ⋯`,
    );
  });

  test('long code is cut, with the number of lines left out', () => {
    const long = { ...snapshot, source: Array.from({ length: 20 }, (_line, n) => String(n)).join('\n') };
    expect(newsText({ type: 'begun', snapshot: long }, ann, style)).toMatch(/│ 11\n│ … 8 more lines$/);
  });

  test('the unfinished line stands where it will stand', () => {
    expect([liveText('50%', ann, style), liveText('50%', mine, style), liveText('', ann, style)]).toEqual([
      '│ 50%',
      '50%',
      '',
    ]);
  });
});
