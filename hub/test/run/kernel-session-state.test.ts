/** The life of one kernel's runs, event by event. */
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_QUEUE_RULES, PromptId, RunId } from '@cokernel/proto/hub';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { initialState } from '../../src/run/kernel-session-model.js';
import { kernelStatus, transition } from '../../src/run/kernel-session-state.js';
import type { KernelSessionState, SessionEffect, SessionEvent } from '../../src/run/kernel-session-model.js';
import type { QueueSnapshot } from '../../src/run/run-queue.js';
import { says } from '../support/kernel-messages.js';
import { queuedRun } from '../support/queued-run.js';

const at = '2026-01-01T00:00:05.000Z';
const kernelInfo = { protocol_version: '5.3', implementation: 'i', banner: '', language_info: { name: 'python' } };
const ready: SessionEvent = { type: 'kernelBecameReady', kernelInfo, at };
const run = queuedRun({ runId: 'r1', cell: 'c1', author: 'ann' });
const arrived = (message: KernelMessage): SessionEvent => ({ type: 'messageArrived', message, at });
const restarting = (asked: boolean): SessionEvent => ({ type: 'kernelRestarting', asked, reason: 'why', at });
const died: SessionEvent = { type: 'kernelDied', reason: 'gone', at };

function queueOf(queued: number, held: QueueSnapshot['held'] = null): SessionEvent {
  const views = Array.from({ length: queued }, (_, index) => queuedRun({ runId: `q${String(index)}` }).view);
  return {
    type: 'queueChanged',
    snapshot: { number: 1, held, rules: DEFAULT_QUEUE_RULES, running: null, queued: views },
  };
}

/** The state after these events, and the effects of the last. */
function after(...events: readonly SessionEvent[]): { state: KernelSessionState; effects: readonly SessionEffect[] } {
  return events.reduce<{ state: KernelSessionState; effects: readonly SessionEffect[] }>(
    ({ state }, event) => transition(state, event),
    { state: initialState, effects: [] },
  );
}

const kinds = (effects: readonly SessionEffect[]): string[] => effects.map(({ type }) => type);
const settled = (effects: readonly SessionEffect[]): Extract<SessionEffect, { type: 'settle' }> | undefined =>
  effects.find((effect) => effect.type === 'settle');
const running = [ready, { type: 'runTaken', run } as const];

describe('taking', () => {
  test.each<[string, SessionEvent[], string[]]>([
    ['a kernel that becomes ready takes', [ready], ['notifyKernel', 'takeNext']],
    ['nothing is taken while the kernel starts', [queueOf(1)], []],
    [
      'a queue that is in reach again is looked at',
      [ready, { type: 'nothingTaken' }, { type: 'queueBack' }],
      ['takeNext'],
    ],
    ['a change of the queue is taken up', [ready, { type: 'nothingTaken' }, queueOf(1)], ['takeNext']],
    ['a held queue is left alone', [ready, { type: 'nothingTaken' }, queueOf(1, 'kernelDied')], []],
    ['an empty queue is left alone', [ready, { type: 'nothingTaken' }, queueOf(0)], []],
    ['one take at a time', [ready, queueOf(1)], []],
    [
      'a change during a take that found nothing is not missed',
      [ready, queueOf(1), { type: 'nothingTaken' }],
      ['takeNext'],
    ],
    ['nothing is taken while a run is going on', [...running, queueOf(1)], []],
    [
      'after a settlement the next is taken',
      [...running, arrived(says.ok('r1')), arrived(says.idle('r1')), { type: 'runSettled' }],
      ['takeNext'],
    ],
    [
      'nothing is taken before the settlement is through',
      [...running, arrived(says.ok('r1')), arrived(says.idle('r1')), queueOf(1)],
      [],
    ],
  ])('%s', (_title, events, expected) => {
    expect(kinds(after(...events).effects)).toEqual(expected);
  });

  test('a run that was taken begins', () => {
    expect(after(...running).effects).toEqual([{ type: 'begin', run }, { type: 'notifyKernel' }]);
  });

  test('a run that was taken while the kernel died is settled as lost and never sent', () => {
    const { effects } = after(ready, died, { type: 'runTaken', run });
    expect(kinds(effects)).not.toContain('begin');
    expect(settled(effects)?.end.state).toBe('lost');
  });

  test('a run whose notebook can not be opened fails, and the queue goes on', () => {
    const missing = { type: 'targetMissing', run, reason: 'no such file', at } as const;
    const { effects } = after(ready, missing);
    expect(kinds(effects)).not.toContain('begin');
    expect(settled(effects)?.end).toEqual({
      state: 'failed',
      reason: 'no such file',
      finishedAt: at,
      executionCount: null,
    });
    expect(kinds(after(ready, missing, { type: 'runSettled' }).effects)).toEqual(['takeNext']);
  });

  test('a request that did not reach the kernel makes its run lost', () => {
    const notSent = { type: 'requestNotSent', runId: run.view.runId, reason: 'no way', at } as const;
    expect(settled(after(...running, notSent).effects)?.end).toMatchObject({ state: 'lost', reason: 'no way' });
  });

  test('of a run that is over, a request that was not sent changes nothing', () => {
    const before = after(...running).state;
    const stale = transition(before, { type: 'requestNotSent', runId: RunId.parse('r0'), reason: 'no way', at });
    expect(stale).toEqual({ state: before, effects: [] });
  });
});

describe('the end of a run', () => {
  const ends = (...messages: KernelMessage[]) => after(...running, ...messages.map(arrived)).effects;

  test.each<[string, KernelMessage[]]>([
    ['reply, then idle', [says.ok('r1', 7), says.idle('r1')]],
    ['idle, then reply', [says.idle('r1'), says.ok('r1', 7)]],
  ])('[J7] comes with %s', (_title, messages) => {
    expect(settled(ends(...messages))?.end).toEqual({
      state: 'succeeded',
      finishedAt: at,
      executionCount: 7,
      reason: null,
    });
  });

  test.each<[string, KernelMessage[]]>([
    ['a reply alone', [says.ok('r1')]],
    ['an idle alone', [says.idle('r1')]],
    ["another request's idle", [says.ok('r1'), says.idle('r0')]],
    ["another request's reply", [says.idle('r1'), says.ok('r0')]],
    ['two replies', [says.ok('r1'), says.ok('r1')]],
  ])('[J7] does not come with %s', (_title, messages) => {
    expect(settled(ends(...messages))).toBeUndefined();
  });

  test('is not what the idle behind a question of the hub’s tells, only that this is done with', () => {
    expect(ends(says.ok('r1'), says.idle('cokernel-asks-1'))).toEqual([
      { type: 'requestDone', requestId: 'cokernel-asks-1' },
    ]);
  });

  test('a failed run says what was raised', () => {
    expect(settled(ends(says.failed('r1', 3), says.idle('r1')))?.end).toMatchObject({
      state: 'failed',
      executionCount: 3,
      reason: 'ValueError: no',
    });
  });

  test('a run that the kernel aborted is cancelled', () => {
    expect(settled(ends(says.aborted('r1'), says.idle('r1')))?.end.state).toBe('cancelled');
  });

  test('the count of execute_input stands when the reply has none', () => {
    expect(settled(ends(says.input('r1', 9), says.aborted('r1'), says.idle('r1')))?.end.executionCount).toBe(9);
  });
});

describe('output', () => {
  test('is handed on with the run that it belongs to', () => {
    const message = says.prints('r1', 'a');
    expect(after(...running, arrived(message)).effects).toEqual([{ type: 'writeOutput', runId: 'r1', message }]);
  });

  test('[J7] that comes after the end still lands in its cell', () => {
    const over = [...running, arrived(says.ok('r1')), arrived(says.idle('r1')), { type: 'runSettled' } as const];
    expect(kinds(after(...over, arrived(says.prints('r1', 'late'))).effects)).toEqual(['writeOutput']);
  });

  test('of no known type, or of no request, is not output', () => {
    const orphan = { ...says.prints('r1', 'a'), parent_header: {} };
    const unknown = says.prints('r1', 'a');
    expect(after(...running, arrived(orphan)).effects).toEqual([]);
    const message = { ...unknown, header: { ...unknown.header, msg_type: 'news' } };
    expect(after(...running, arrived(message)).effects).toEqual([]);
  });

  test('replies to other requests are answered', () => {
    expect(kinds(after(ready, arrived(says.completes('c1'))).effects)).toEqual(['answerRequest']);
  });
});

describe('a question', () => {
  const asking = [...running, arrived(says.asks('r1', 'Name? ', true))];
  const { state: asked } = after(...asking);
  const promptId = asked.prompt?.promptId ?? PromptId.parse('none');

  test('[X8] names who is asked, for which run and cell', () => {
    expect(asked.prompt).toEqual({
      promptId,
      runId: 'r1',
      cellId: 'c1',
      asked: { participantId: 'ann', name: 'ann' },
      text: 'Name? ',
      password: true,
    });
  });

  test('of a run that is not going on is dropped', () => {
    expect(after(...running, arrived(says.asks('r0'))).state.prompt).toBeNull();
    expect(after(ready, arrived(says.asks('r1'))).state.prompt).toBeNull();
  });

  test.each<[string, SessionEvent]>([
    ['its answer', { type: 'promptAnswered', promptId }],
    ['an interrupt', { type: 'interruptSent' }],
    ['a restart', restarting(true)],
    ["the kernel's death", died],
  ])('[J18] is cleared by %s', (_title, event) => {
    const { state, effects } = transition(asked, event);
    expect(state.prompt).toBeNull();
    expect(kinds(effects)).toContain('notifyPrompt');
  });

  test('[J18] is not cleared by the answer to another', () => {
    const other = transition(asked, { type: 'promptAnswered', promptId: PromptId.parse('p0') });
    expect(other).toEqual({ state: asked, effects: [] });
  });

  test('[J18] is asked again when its answer went lost, unless its run is over or asks something else', () => {
    const lost: SessionEvent = { type: 'answerNotTaken', prompt: asked.prompt!, request: asked.promptRequest! };
    const answered = transition(asked, { type: 'promptAnswered', promptId }).state;
    expect(transition(answered, lost)).toEqual({ state: asked, effects: [{ type: 'notifyPrompt' }] });
    expect(transition(asked, lost).effects).toEqual([]);
    const over = after(...asking, arrived(says.failed('r1')), arrived(says.idle('r1'))).state;
    expect(transition(over, lost)).toEqual({ state: over, effects: [] });
  });

  test('[J18] is cleared with the end of its run', () => {
    expect(after(...asking, arrived(says.failed('r1')), arrived(says.idle('r1'))).state.prompt).toBeNull();
  });
});

describe('the kernel', () => {
  test('[P26] restarted by a person ends the running run as cancelled and holds nothing', () => {
    const { state, effects } = after(...running, restarting(true));
    expect(settled(effects)?.end).toMatchObject({ state: 'cancelled', reason: 'why' });
    expect(kinds(effects)).not.toContain('hold');
    expect(kernelStatus(state)).toBe('restarting');
  });

  test('[M9] that died and is started anew makes the running run lost and holds the queue', () => {
    const { effects } = after(...running, restarting(false));
    expect(settled(effects)?.end.state).toBe('lost');
    expect(effects.at(-1)).toEqual({ type: 'hold', reason: 'kernelDied' });
  });

  test('that is gone fails what was asked of it', () => {
    expect(after(ready, died).effects[0]).toEqual({ type: 'failRequests', reason: 'gone' });
  });

  test.each<[string, SessionEvent[], string]>([
    ['starting at first', [], 'starting'],
    ['idle when ready', [ready], 'idle'],
    ['busy with a run', [...running], 'busy'],
    ['failed when it never was ready', [died], 'failed'],
    ['dead when it was', [ready, died], 'dead'],
    ['idle again after a restart', [...running, restarting(true), ready], 'idle'],
  ])('is shown as %s', (_title, events, status) => {
    expect(kernelStatus(after(...events).state)).toBe(status);
  });

  test('that comes back waits for the settlement of what it lost', () => {
    const back = after(...running, restarting(false), ready);
    expect(kinds(back.effects)).not.toContain('takeNext');
    expect(kinds(transition(back.state, { type: 'runSettled' }).effects)).toEqual(['takeNext']);
  });
});

describe('an interrupt', () => {
  const asked: SessionEvent = { type: 'interruptAsked' };

  test('[X21] of a run that the kernel works on goes to the kernel at once', () => {
    expect(kinds(transition(after(...running, arrived(says.busy('r1'))).state, asked).effects)).toEqual([
      'interruptKernel',
    ]);
  });

  test('[X21] that comes before the kernel has begun is sent when it begins, once', () => {
    const waiting = transition(after(...running).state, asked);
    expect(waiting.effects).toEqual([]);
    const begun = transition(waiting.state, arrived(says.busy('r1')));
    expect(kinds(begun.effects)).toEqual(['interruptKernel']);
    expect(transition(begun.state, arrived(says.busy('r1'))).effects).toEqual([]);
  });

  test('when nothing runs changes nothing', () => {
    const { state } = after(ready);
    expect(transition(state, asked)).toEqual({ state, effects: [] });
  });
});

describe('[X19] when the way to the kernel broke', () => {
  const found = (state: 'ready' | 'starting' | 'dead', knowsAllRequests = true): SessionEvent => ({
    type: 'hostFound',
    state,
    kernelInfo,
    knowsAllRequests,
    reason: 'gone',
    at,
  });
  const lost: SessionEvent = { type: 'hostLost' };
  const traced: SessionEvent = { type: 'requestTraced', runId: 'r1' };
  const resumed: SessionEvent = { type: 'runResumed', run };
  const gap = (upTo: number): SessionEvent => ({ type: 'messagesLost', upTo, reason: 'away' });
  const loss = { type: 'tellLoss', runId: run.view.runId, upTo: 9, reason: 'away' };

  test('it is reconnecting until it is found, and takes nothing meanwhile', () => {
    const broken = after(ready, { type: 'nothingTaken' }, lost, queueOf(1));
    expect(kernelStatus(broken.state)).toBe('reconnecting');
    expect(broken.effects).toEqual([]);
    expect(kinds(transition(broken.state, found('ready')).effects)).toEqual(['notifyKernel', 'takeNext']);
  });

  test.each<[string, SessionEvent[]]>([
    ['that was heard of before', [...running, traced, lost]],
    ['whose output is told again', [lost, resumed, arrived(says.prints('r1', 'x'))]],
    ['whose request is told again', [lost, resumed, traced]],
  ])('the run %s goes on, is not sent again, and ends as ever', (_title, events) => {
    const back = after(...events, found('ready'));
    expect(kinds(back.effects)).not.toContain('begin');
    const ended = after(...events, found('ready'), arrived(says.ok('r1')), arrived(says.idle('r1')));
    expect(settled(ended.effects)?.end.state).toBe('succeeded');
  });

  test('a run that nobody has heard of is sent to a host that would know it, and lost at any other', () => {
    expect(kinds(after(lost, resumed, found('ready')).effects)).toContain('begin');
    expect(kinds(after(...running, lost, found('ready')).effects)).toContain('begin');
    const unknown = after(lost, resumed, found('ready', false)).effects;
    expect(kinds(unknown)).not.toContain('begin');
    expect(settled(unknown)?.end.state).toBe('lost');
  });

  test('a run that was taken meanwhile, and so never sent, is sent to any host', () => {
    const events: SessionEvent[] = [ready, lost, { type: 'runTaken', run }];
    expect(kinds(after(...events).effects)).not.toContain('begin');
    expect(kinds(after(...events, found('ready', false)).effects)).toContain('begin');
  });

  test('what happened to the kernel before the run was sent changes nothing', () => {
    const history = after(lost, resumed, restarting(false), died, ready);
    expect(history.state.current?.run).toBe(run);
    expect(kinds(history.effects)).toEqual([]);
  });

  test('a kernel that died behind the run’s request makes it lost', () => {
    expect(settled(after(lost, resumed, traced, died).effects)?.end.state).toBe('lost');
  });

  test('a kernel that is ready again by another keeper has done with the run: without a reply it is lost', () => {
    expect(settled(after(lost, resumed, traced, ready).effects)?.end.state).toBe('lost');
    const answered = after(lost, resumed, arrived(says.ok('r1')), ready).effects;
    expect(settled(answered)?.end.state).toBe('succeeded');
  });

  test('a gap in what the run says is told, and its end asked for', () => {
    expect(after(...running, traced, gap(9)).effects).toEqual([loss, { type: 'askWhetherPassed', runId: 'r1' }]);
    const passed = after(...running, traced, gap(9), { type: 'kernelPassed', runId: run.view.runId, at });
    expect(settled(passed.effects)?.end.state).toBe('lost');
  });

  test('a gap before the run’s request is none of its business, one before its first output is', () => {
    expect(
      after(lost, resumed, gap(9), traced, arrived(says.prints('r1', 'x'))).effects.map(({ type }) => type),
    ).toEqual(['writeOutput']);
    expect(after(lost, resumed, gap(9), arrived(says.prints('r1', 'x'))).effects.slice(0, 2)).toEqual([
      loss,
      { type: 'askWhetherPassed', runId: 'r1' },
    ]);
  });

  test('an answer to what was asked behind another run says nothing of this one', () => {
    const other = RunId.parse('r0');
    const { state, effects } = after(...running, traced, { type: 'kernelPassed', runId: other, at });
    expect(state.current?.run).toBe(run);
    expect(effects).toEqual([]);
  });

  test('a run that had ended is settled as it was stored, and not written again', () => {
    const end = { state: 'failed', finishedAt: at, executionCount: 3, reason: 'no' } as const;
    const { state, effects } = after(lost, resumed, { type: 'runHadEnded', end });
    expect(effects).toEqual([{ type: 'settleStored', run, end }]);
    expect(kinds(transition(state, found('ready')).effects)).toEqual(['notifyKernel']);
  });

  test('a kernel that is gone holds the queue with the reason', () => {
    const { state, effects } = after(...running, traced, lost, found('dead'));
    expect(state.kernel).toEqual({ phase: 'dead', reason: 'gone' });
    expect(settled(effects)?.end.state).toBe('lost');
    expect(kinds(effects)).toContain('hold');
  });
});
