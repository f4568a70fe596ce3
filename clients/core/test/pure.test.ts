import { describe, expect, test } from '@jest/globals';
import { CellId, DEFAULT_QUEUE_RULES, FileId, HubEvent, RunView, Welcome } from '@cokernel/proto/hub';
import { queueRulesText } from '../src/queue-rules-text.js';
import { runMove } from '../src/run-moves.js';
import { closeMeaning } from '../src/close-meaning.js';
import { notebookUrl, readPastedUrl } from '../src/hub-address.js';
import { initialRoomState, nextRoomState } from '../src/room-state.js';
import type { RoomChange } from '../src/room-state.js';
import { welcome } from './support/small-hub.js';

const welcomed: RoomChange = { type: 'welcomed', welcome: Welcome.parse(welcome) };
const fresh = initialRoomState('x.ipynb');
const inside = nextRoomState(fresh, welcomed);

function told(event: unknown): RoomChange {
  return { type: 'told', event: HubEvent.parse(event) };
}

function run(runId: string): RunView {
  return RunView.parse({
    runId,
    batchId: 'b',
    author: { participantId: 'p1', name: 'Ann' },
    target: { kind: 'cell', cellId: 'c' },
    state: 'succeeded',
    sourceHash: '',
    queuedAt: '',
    startedAt: null,
    finishedAt: null,
    executionCount: 1,
    reason: null,
  });
}

describe('the state of a room', () => {
  const names = { kernelId: 'k', specName: 's', displayName: 'S', language: null };
  const kernel = { ...names, status: 'idle', reason: null, origin: 'started', notebooks: [] };
  const bo = { participantId: 'p1', name: 'Ann 2', color: 'red', role: 'viewer', clients: ['page'] };
  const queue = { number: 2, held: null, rules: DEFAULT_QUEUE_RULES, running: null, queued: [] };
  const prompt = {
    promptId: 'q',
    runId: 'r',
    cellId: null,
    asked: { participantId: 'p1', name: 'Ann' },
    text: '?',
    password: false,
  };
  test.each<[string, typeof fresh, RoomChange, object]>([
    ['a welcome replaces what was known', fresh, welcomed, { connection: 'connected', path: 'a b.ipynb' }],
    [
      'a socket lost before the welcome is still connecting',
      fresh,
      { type: 'disconnected' },
      { connection: 'connecting' },
    ],
    [
      'a socket lost after it is disconnected',
      inside,
      { type: 'disconnected' },
      { connection: 'disconnected', synced: false },
    ],
    ['a failure says why', inside, { type: 'failed', failure: 'no.' }, { connection: 'failed', failure: 'no.' }],
    [
      'a failure stays when the socket goes',
      nextRoomState(inside, { type: 'failed', failure: 'no.' }),
      { type: 'disconnected' },
      { connection: 'failed' },
    ],
    ['synced is noted', inside, { type: 'synced' }, { synced: true }],
    ['the queue is replaced', inside, told({ event: 'queueChanged', queue }), { queue }],
    ['the kernel is replaced', inside, told({ event: 'kernelChanged', kernel }), { kernel }],
    [
      'a new name of ours is ours',
      inside,
      told({ event: 'participantsChanged', participants: [bo] }),
      { you: { participantId: 'p1', name: 'Ann 2', color: 'red', role: 'viewer' } },
    ],
    ['a question is kept', inside, told({ event: 'promptChanged', prompt }), { prompt }],
    ['saving is kept', inside, told({ event: 'saved', saving: { state: 'saving' } }), { saving: { state: 'saving' } }],
    ['what keeps it from joining is told', fresh, { type: 'delayed', trouble: 'no Redis' }, { trouble: 'no Redis' }],
    ['a renamed file is followed', inside, told({ event: 'pathChanged', path: 'y' }), { path: 'y' }],
  ])('%s', (_title, state, change, expected) => {
    expect(nextRoomState(state, change)).toMatchObject(expected);
  });

  test('a notice changes nothing, not even the identity of the state', () => {
    expect(nextRoomState(inside, told({ event: 'notice', level: 'info', code: 'x', message: 'y' }))).toBe(inside);
  });

  test('of finished runs the last 200 are kept, the newest last, each once', () => {
    let state = inside;
    for (let n = 0; n < 250; n += 1) state = nextRoomState(state, told({ event: 'runFinished', run: run(String(n)) }));
    state = nextRoomState(state, told({ event: 'runFinished', run: run('100') }));
    expect(state.runs.size).toBe(200);
    expect([...state.runs.keys()].at(-1)).toBe('100');
  });
});

describe('a URL that a person pasted', () => {
  test.each([
    ['http://h:1/?token=T', { address: { url: 'http://h:1', token: 'T' }, notebook: null }],
    ['http://h:1', { address: { url: 'http://h:1' }, notebook: null }],
    [
      'http://h:1/notebooks/a%20b/c.ipynb?token=T',
      { address: { url: 'http://h:1', token: 'T' }, notebook: 'a b/c.ipynb' },
    ],
    ['https://h/team/notebooks/c.ipynb', { address: { url: 'https://h/team' }, notebook: 'c.ipynb' }],
    ['http://h:1/tree/dir?token=T', { address: { url: 'http://h:1', token: 'T' }, notebook: null }],
    ['http://h:1/notebooks/50%.ipynb', { address: { url: 'http://h:1' }, notebook: '50%.ipynb' }],
    ['notebook.ipynb', null],
    ['ftp://h/x', null],
  ])('%s', (text, expected) => {
    expect(readPastedUrl(text)).toEqual(expected);
  });

  test('what notebookUrl writes, readPastedUrl reads', () => {
    const address = { url: 'http://h:1', token: 'a&b' };
    expect(readPastedUrl(notebookUrl(address, 'd/ü #1.ipynb'))).toEqual({ address, notebook: 'd/ü #1.ipynb' });
  });
});

describe('what a close code means', () => {
  test.each([
    [1001, '', 'reconnect'],
    [1006, '', 'reconnect'],
    [4408, '', 'reconnect'],
    [1003, '{"reason":"version_mismatch","sessionId":"e","reloadable":true}', 'reload'],
    [1003, 'not JSON', 'reload'],
    [1003, '{"reason":"gone","reloadable":false}', 'giveUp'],
    [4400, 'sync', 'giveUp'],
    [4401, '', 'giveUp'],
    [4403, '', 'giveUp'],
    [4404, '', 'giveUp'],
    [4409, '', 'giveUp'],
  ])('%i %s: %s', (code, reason, next) => {
    expect(closeMeaning(code, reason).next).toBe(next);
  });
});

describe('a queue', () => {
  const of = (runId: string, participantId: string): RunView =>
    RunView.parse({ ...run(runId), state: 'queued', author: { participantId, name: participantId } });
  const queued = [of('a1', 'p1'), of('b1', 'p2'), of('a2', 'p1'), of('b2', 'p2'), of('a3', 'p1')];
  const queue = { ...inside.queue, queued };
  const as = (role: 'viewer' | 'runner' | 'owner') => ({
    ...inside,
    queue,
    you: inside.you === null ? null : { ...inside.you, participantId: queued[0]!.author.participantId, role },
  });
  const moves = (role: 'viewer' | 'runner' | 'owner', place: number) =>
    (['up', 'down'] as const).map((way) => runMove(as(role), queued[place]!, way)?.before);

  test('[M5] lets a person move their runs among their own places, and who manages it all of them', () => {
    expect(moves('runner', 0)).toEqual([undefined, 'a3']);
    expect(moves('runner', 2)).toEqual(['a1', null]);
    expect(moves('runner', 4)).toEqual(['a2', undefined]);
    expect(moves('runner', 1)).toEqual([undefined, undefined]);
    expect(moves('viewer', 2)).toEqual([undefined, undefined]);
    expect(moves('owner', 1)).toEqual(['a1', 'b2']);
    expect(moves('owner', 3)).toEqual(['a2', null]);
    expect(runMove(as('owner'), of('gone', 'p1'), 'up')).toBeNull();
  });

  test('[P34] [M5] lets nobody but its author move the run of another notebook', () => {
    const target = { kind: 'cell', cellId: CellId.parse('c'), fileId: FileId.parse('elsewhere') } as const;
    const shared = { ...as('owner'), queue: { ...queue, queued: queued.map((one) => ({ ...one, target })) } };
    const before = (place: number) => runMove(shared, shared.queue.queued[place]!, 'down')?.before;
    expect([0, 1, 2, 3, 4].map(before)).toEqual(['a3', undefined, null, undefined, undefined]);
  });

  test('tells its rules, unless they are those of a new notebook', () => {
    expect(queueRulesText(DEFAULT_QUEUE_RULES)).toBeNull();
    expect(queueRulesText({ order: 'fair', mostWaiting: 1, mostSeconds: 60 })).toBe(
      'people take turns · at most 1 waiting run each · a run may take 60 s',
    );
  });
});
