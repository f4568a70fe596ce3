/** Runs in a real hub with a real kernel, asked for by calls on the room socket. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { RequestId, RunId, calls, sourceHash } from '@cokernel/proto/hub';
import { RoomProgram } from '../support/room-program.js';
import { hubPlace, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

let place: HubPlace;
let hub: TestHub;
let ann: RoomProgram;
let ben: RoomProgram;

const SLOW_MS = 120_000;

/** Runs until somebody makes a file. */
const waitForFile = (name: string): string =>
  `import os, time\nwhile not os.path.exists('${name}'): time.sleep(0.02)\nprint('waited')`;

beforeAll(async () => {
  place = await hubPlace();
  await writeCells(
    place,
    'a.ipynb',
    'print(6 * 7)',
    waitForFile('go1'),
    'print("three")',
    '1/0',
    'x = input("Name? ")\nprint("hi", x)',
  );
  hub = await startHub(place);
  ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
  ben = await RoomProgram.join(hub, 'a.ipynb', 'Ben');
}, SLOW_MS);

afterAll(async () => {
  ann.close();
  ben.close();
  await hub.stop();
  await place.remove();
}, SLOW_MS);

afterEach(async () => {
  await ann.ask('cancel', {
    runIds:
      ann
        .told('queueChanged')
        .at(-1)
        ?.queue.queued.map(({ runId }) => runId) ?? [],
  });
  await waitUntil('the kernel is idle', async () => (await ann.call('queue', {})).running === null);
}, SLOW_MS);

/** The only run of a call. */
async function runOne(program: RoomProgram, cellId: string, requestId?: string) {
  const { runs, batchId } = await program.run([cellId], requestId === undefined ? {} : { requestId });
  const [one] = runs;
  if (one === undefined) throw new Error('nothing was queued');
  return { ...one, runId: one.run.runId, batchId };
}

/** Lets the cell that waits for a file end. */
function letGo(name: string): Promise<void> {
  return writeCells(place, name);
}

/** A run that goes on until `letGo` of this name. */
async function occupied(name: string) {
  ann.setSource('c1', waitForFile(name));
  const occupying = await runOne(ann, 'c1');
  await waitUntil('it runs', () => ben.told('queueChanged').at(-1)?.queue.running?.runId === occupying.runId);
  return occupying;
}

describe('a run', () => {
  test(
    '[P21] [X9] starts a kernel, is shown to everybody by name, and its output reaches everybody',
    async () => {
      const { runId, outcome, place: turn } = await runOne(ann, 'c0');
      expect({ outcome, turn }).toEqual({ outcome: 'queued', turn: 1 });
      expect(await ben.finished(runId)).toBe('succeeded');
      await waitUntil('the output arrives', () => ben.output('c0').includes('42'));
      const [run] = ben.told('runFinished').map((event) => event.run);
      expect(run).toMatchObject({ runId, author: { name: 'Ann' }, executionCount: 1, target: { cellId: 'c0' } });
      expect(ben.cell('c0').metadata).toMatchObject({
        cokernel: { run: { author: { name: 'Ann' }, state: 'succeeded' } },
      });
      const statuses = () => ben.told('kernelChanged').map(({ kernel }) => kernel?.status);
      // News of one moment are told as one: of so short a run 'busy' may be left out.
      await waitUntil('it is told to be idle', () => statuses().at(-1) === 'idle');
      expect(statuses()).toContain('starting');
    },
    SLOW_MS,
  );

  test('[P18] of a text that the cell has no more is refused with the text that it has', async () => {
    const cells = [
      { cellId: 'c0', sourceHash: sourceHash('print(6 * 7)') },
      { cellId: 'c2', sourceHash: sourceHash('something else') },
    ];
    const before = (await ben.call('queue', {})).number;
    expect(await ann.ask('run', { requestId: 'other text', cells })).toMatchObject({
      error: { code: 'sourceMismatch', details: { cellId: 'c2', source: 'print("three")' } },
    });
    expect((await ben.call('queue', {})).number).toBe(before);
    const missing = [{ cellId: 'gone', sourceHash: sourceHash('') }];
    expect(await ann.ask('run', { requestId: 'no cell', cells: missing })).toMatchObject({
      error: { code: 'noSuchCell' },
    });
  });

  test(
    '[P18] [M4] runs the text that was seen, whatever becomes of the cell',
    async () => {
      const first = await occupied('pinned');
      ann.setSource('c2', 'print("seen")');
      const { runId } = await runOne(ann, 'c2');
      ben.setSource('c2', 'print("changed since")');
      await ben.flushed();
      await letGo('pinned');
      expect(await ann.finished(first.runId)).toBe('succeeded');
      expect(await ann.finished(runId)).toBe('succeeded');
      await waitUntil('the output arrives', () => ben.output('c2').includes('seen'));
      expect(ben.output('c2')).not.toContain('changed since');
      ann.setSource('c2', 'print("three")');
    },
    SLOW_MS,
  );

  test(
    '[P19] [X11] asked for twice under one request id runs once and is answered alike',
    async () => {
      const first = await runOne(ann, 'c0', 'the same request');
      await ann.finished(first.runId);
      expect(await runOne(ann, 'c0', 'the same request')).toEqual(first);
      const byBen = await runOne(ben, 'c0', 'the same request');
      expect(byBen.runId).not.toBe(first.runId);
      expect(await ben.finished(byBen.runId)).toBe('succeeded');
      const cells = [{ cellId: 'c0', sourceHash: sourceHash(ann.source('c0')) }];
      ben.setSource('c0', 'print("changed after the request")');
      await ben.flushed();
      expect(await ann.ask('run', { requestId: 'the same request', cells })).toMatchObject({
        result: { runs: [{ run: { runId: first.runId } }] },
      });
    },
    SLOW_MS,
  );

  test(
    '[P20] [X12] [M3] of a cell that waits already is that one, and the second person is told whose it is',
    async () => {
      await occupied('merged');
      const byAnn = await runOne(ann, 'c2');
      const byBen = await runOne(ben, 'c2');
      expect(byBen).toMatchObject({ outcome: 'merged', runId: byAnn.runId, run: { author: { name: 'Ann' } } });
      await letGo('merged');
      expect(await ben.finished(byAnn.runId)).toBe('succeeded');
    },
    SLOW_MS,
  );

  test(
    "[P22] [X10] that fails ends the rest of its own call, and nobody else's runs",
    async () => {
      await occupied('batch');
      const batch = await ann.run(['c3', 'c2']);
      const other = await runOne(ben, 'c0');
      await letGo('batch');
      const [failing = '', rest = ''] = batch.runs.map(({ run }) => run.runId);
      expect(await ben.finished(failing)).toBe('failed');
      expect(await ben.finished(rest)).toBe('cancelled');
      expect(await ben.finished(other.runId)).toBe('succeeded');
      await waitUntil('the error is shown', () => ben.output('c3').includes('ZeroDivisionError'));
    },
    SLOW_MS,
  );

  test(
    "[P23] [X10] that waits can be withdrawn, alone or with all of one's own; the one that runs stays",
    async () => {
      const going = await occupied('cancel');
      const one = await runOne(ben, 'c0');
      const two = await runOne(ben, 'c2');
      expect(await ben.call('cancel', { runIds: [RunId.parse(one.runId)] })).toEqual({ cancelled: [one.runId] });
      expect(await ann.call('cancel', { mine: true })).toEqual({ cancelled: [] });
      expect(await ben.call('cancel', { mine: true })).toEqual({ cancelled: [two.runId] });
      expect(await ann.finished(two.runId)).toBe('cancelled');
      expect(ann.told('runFinished').at(-1)?.run.reason).toContain('Ben');
      await letGo('cancel');
      expect(await ann.finished(going.runId)).toBe('succeeded');
    },
    SLOW_MS,
  );

  test(
    '[P24] [M7] that is interrupted is the named one, and what waits goes on',
    async () => {
      const going = await occupied('interrupt');
      const waiting = await runOne(ben, 'c0');
      expect(await ben.call('interrupt', { runId: waiting.run.runId })).toEqual({ interrupted: null });
      expect(await ben.call('interrupt', { runId: going.run.runId })).toEqual({ interrupted: going.runId });
      expect(await ann.finished(going.runId)).toBe('failed');
      expect(await ann.finished(waiting.runId)).toBe('succeeded');
    },
    SLOW_MS,
  );

  test(
    '[P25] [X8] that asks is shown to all, answered once, by whoever is first',
    async () => {
      const { runId } = await runOne(ann, 'c4');
      await waitUntil('the question is shown', () => ben.told('promptChanged').at(-1)?.prompt?.runId === runId);
      const prompt = ben.told('promptChanged').at(-1)?.prompt;
      expect(prompt).toMatchObject({ text: 'Name? ', asked: { name: 'Ann' }, cellId: 'c4', password: false });
      const { promptId } = prompt ?? { promptId: '' };
      const params = (value: string) => calls.inputReply.params.parse({ promptId, value });
      expect(await ben.call('inputReply', params('Ben'))).toEqual({ accepted: true });
      expect(await ann.call('inputReply', params('Ann'))).toEqual({ accepted: false });
      expect(await ann.finished(runId)).toBe('succeeded');
      await waitUntil('the output arrives', () => ann.output('c4').includes('hi Ben'));
      expect(ann.told('promptChanged').at(-1)?.prompt).toBeNull();
    },
    SLOW_MS,
  );

  test(
    '[P32] [X6] goes on with nobody connected, and its output is there for who comes later',
    async () => {
      const going = await occupied('nobody');
      ann.close();
      ben.close();
      await waitUntil('nobody is connected', async () => {
        const { json } = await hub.rest('GET', '/api/status');
        return JSON.stringify(json).includes('"connections":0');
      });
      await letGo('nobody');
      ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
      ben = await RoomProgram.join(hub, 'a.ipynb', 'Ben');
      await waitUntil('the output is there', () => ann.output('c1').includes('waited'));
      expect(ann.cell('c1').metadata).toMatchObject({ cokernel: { run: { runId: going.runId } } });
    },
    SLOW_MS,
  );

  test(
    'completion, inspection, is_complete and variables are answered by the kernel, also while a cell runs',
    async () => {
      const matches = expect.arrayContaining(['print']) as unknown;
      expect(await ann.answerTo('complete', { code: 'pri', cursorPos: 3 })).toMatchObject({ matches });
      expect(await ann.answerTo('inspect', { code: 'print', cursorPos: 5 })).toMatchObject({ found: true });
      expect(await ann.call('isComplete', { code: 'for x in y:' })).toMatchObject({ status: 'incomplete' });
      const { runId } = await occupied('busy');
      await waitUntil('it is told to be busy', () => ben.told('kernelChanged').at(-1)?.kernel?.status === 'busy');
      expect(await ben.answerTo('complete', { code: 'pri', cursorPos: 3 })).toMatchObject({ matches });
      expect(await ben.answerTo('variables', {})).toMatchObject({ status: 'ok', reason: null });
      expect((await ben.call('queue', {})).running?.runId).toBe(runId);
      await letGo('busy');
    },
    SLOW_MS,
  );

  test(
    '[P26] [M8] of a kernel that is restarted is cancelled, with what waits, and says by whom',
    async () => {
      const going = await occupied('restart');
      const waiting = await runOne(ben, 'c0');
      expect(await ben.call('restart', {})).toEqual({});
      expect(await ann.finished(waiting.runId)).toBe('cancelled');
      expect(await ann.finished(going.runId)).toBe('cancelled');
      const reasons = ann
        .told('runFinished')
        .slice(-2)
        .map(({ run }) => run.reason);
      for (const reason of reasons) expect(reason).toContain('restarted by Ben');
      const again = await runOne(ann, 'c0');
      expect(await ann.finished(again.runId)).toBe('succeeded');
      expect(ann.told('runFinished').at(-1)?.run.executionCount).toBe(1);
    },
    SLOW_MS,
  );

  test(
    'that goes on does not keep a kernel from loading early, once a page is there',
    async () => {
      await ann.call('restart', {});
      ann.setSource('c1', "import sys, time\nprint('here')\nwhile 'jedi' not in sys.modules: time.sleep(0.02)");
      const { runId } = await runOne(ann, 'c1');
      await waitUntil('it runs', () => ann.output('c1').includes('here'));
      const page = await RoomProgram.join(hub, 'a.ipynb');
      await page.call('hello', { protocol: 1, deviceId: 'device of the page', client: 'page' });
      expect(await ann.finished(runId)).toBe('succeeded');
      page.close();
    },
    SLOW_MS,
  );

  test(
    '[P26] [M9] of a kernel that dies is lost; the queue is held until somebody says go on',
    async () => {
      ann.setSource('c2', 'import os\nos._exit(1)');
      const deadly = await runOne(ann, 'c2');
      const waiting = await runOne(ben, 'c0');
      expect(await ben.finished(deadly.runId)).toBe('lost');
      await waitUntil('the queue is held', () => ben.told('queueChanged').at(-1)?.queue.held !== null);
      await waitUntil('the kernel is back', () => ben.told('kernelChanged').at(-1)?.kernel?.status === 'idle');
      expect((await ben.call('queue', {})).queued.map(({ runId }) => runId)).toEqual([waiting.runId]);
      await ben.call('goOn', {});
      expect(await ben.finished(waiting.runId)).toBe('succeeded');
    },
    SLOW_MS,
  );

  test(
    '[P47] [P48] [M5] [M22] that waits has the place that the rules of the queue say, until somebody moves it',
    async () => {
      const going = await occupied('order');
      await ann.call('setQueueRules', { order: 'fair', mostWaiting: 2 });
      await waitUntil('all know the rules', () => ben.told('queueChanged').at(-1)?.queue.rules.order === 'fair');
      ann.setSource('c2', '3');
      const mine = (await ann.run(['c0', 'c2'])).runs.map(({ run }) => run.runId);
      // It is her run that goes on: this turn is his.
      const his = await runOne(ben, 'c3');
      expect(his.place).toBe(1);
      const refused = ann.run(['c4']);
      await expect(refused).rejects.toThrow(/tooManyWait: at most 2 runs of one person .* 2 of yours do/);
      await ben.call('moveRun', { runId: his.runId, before: null });
      const [first = ''] = mine;
      const queue = `/api/hub/notebooks/${(await ann.hello('Ann')).fileId}/queue`;
      const move = (before: string) => hub.rest('POST', `${queue}/${his.runId}/move`, { before });
      expect(await move(going.runId)).toMatchObject({ status: 409, json: { reason: 'notQueued' } });
      expect(await move(first)).toMatchObject({ status: 204 });
      expect(await hub.rest('GET', queue)).toMatchObject({
        json: { running: { runId: going.runId }, queued: [{ runId: his.runId }, { runId: first }, {}] },
      });
      await ben.call('moveRun', { runId: his.runId, before: null });
      const order = (await ann.call('queue', {})).queued.map(({ runId }) => runId);
      expect(order).toEqual([...mine, his.runId]);
      const plain = { order: 'fifo', mostWaiting: null, mostSeconds: null };
      expect(await hub.rest('PUT', `${queue}/rules`, {})).toMatchObject({ status: 200, json: plain });
      expect(await hub.rest('PUT', `${queue}/rules`, { order: 'any' })).toMatchObject({ status: 400 });
      expect((await ann.call('queue', {})).rules).toEqual(plain);
      await letGo('order');
      expect(await ann.finished(going.runId)).toBe('succeeded');
      expect(await ann.finished(his.runId)).toBe('failed');
      const ended = ann.told('runFinished').map(({ run }) => run.runId);
      expect(ended.slice(-3)).toEqual([...mine, his.runId]);
    },
    SLOW_MS,
  );

  test(
    '[P49] [M23] that takes longer than the rules allow is interrupted, and its author is told',
    async () => {
      const endless = await occupied('never');
      await ben.call('setQueueRules', { mostSeconds: 1 });
      expect(await ben.finished(endless.runId)).toBe('failed');
      await ben.call('setQueueRules', {});
      const why = 'the time limit of this queue is 1 s a run';
      expect(ben.told('runFinished').at(-1)?.run.reason).toBe(`interrupted: ${why}`);
      expect(ann.told('notice').at(-1)).toMatchObject({
        code: 'ranOverTime',
        message: `Your run was interrupted: ${why}.`,
        cellIds: ['c1'],
      });
      expect(ben.told('notice').filter(({ code }) => code === 'ranOverTime')).toEqual([]);
      const next = await runOne(ben, 'c0');
      expect(await ann.finished(next.runId)).toBe('succeeded');
    },
    SLOW_MS,
  );

  test(
    '[P50] a wish for an unknown kernelspec leaves the kernel as it is; a known one starts another, with the same rules',
    async () => {
      const kernel = () => ann.told('kernelChanged').at(-1)?.kernel?.kernelId;
      await ann.call('rename', { name: 'Anna' });
      const before = (await ann.hello('Ann')).kernel?.kernelId;
      expect(await ann.ask('startKernel', { specName: 'none' })).toMatchObject({ error: { code: 'noSuchKernelSpec' } });
      expect((await ann.hello('Ann')).kernel?.kernelId).toBe(before);
      const rules = { order: 'fair', mostWaiting: 7, mostSeconds: 600 } as const;
      await ann.call('setQueueRules', rules);
      await ann.call('startKernel', { specName: 'python3' });
      await waitUntil('another kernel is shown', () => kernel() !== undefined && kernel() !== before);
      const { runId } = await runOne(ann, 'c0', RequestId.parse('with the new kernel'));
      expect(await ann.finished(runId)).toBe('succeeded');
      expect((await ben.call('queue', {})).rules).toEqual(rules);
      await ann.call('stopKernel', {});
      expect(ann.told('kernelChanged').at(-1)?.kernel).toBeNull();
      expect((await ben.call('queue', {})).rules).toEqual(rules);
    },
    SLOW_MS,
  );
});
