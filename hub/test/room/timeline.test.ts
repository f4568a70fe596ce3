/** When the hub keeps a version by itself, and what it writes down, by a clock that the test turns. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as Y from 'yjs';
import {
  DEFAULT_QUEUE_RULES,
  BatchId,
  CellId,
  Epoch,
  FileId,
  ParticipantId,
  PromptId,
  RunId,
  type PromptView,
  type QueueView,
  type RunView,
} from '@cokernel/proto/hub';
import { fillDocument, makeCodeCell, makeNotebook, setSource } from '@cokernel/proto/notebook';
import { RoomHistory } from '../../src/room/room-history.js';
import { Timeline } from '../../src/room/timeline.js';
import { Versions } from '../../src/room/versions.js';
import { MemoryHistory, MemoryVersions } from '../support/memory-timeline.js';
import { MemoryOutputs } from '../support/memory-outputs.js';

const fileId = FileId.parse('here');
const cellId = CellId.parse('c0');
const ann = { participantId: ParticipantId.parse('ann'), name: 'Ann' };
const MINUTE = 60_000;

let doc: Y.Doc;
let records: MemoryHistory['records'];
let timeline: Timeline;
let failures: unknown[];

beforeEach(() => {
  jest.useFakeTimers();
  doc = new Y.Doc();
  fillDocument(doc, makeNotebook([{ ...makeCodeCell(''), id: cellId }]));
  failures = [];
  const document = {
    doc,
    write: (change: () => void): Promise<void> => {
      doc.transact(change);
      return Promise.resolve();
    },
  };
  const common = { fileId, clock: () => new Date(), onFailed: (error: unknown) => failures.push(error) };
  const store = new MemoryHistory();
  ({ records } = store);
  const stores = { store: new MemoryVersions(), outputStore: new MemoryOutputs() };
  const versions = new Versions({ ...common, ...stores, document, tell: () => undefined });
  const history = new RoomHistory({ ...common, doc, store, epoch: Epoch.parse('e'), batchMs: 1_000 });
  timeline = new Timeline({ ...common, versions, history });
  timeline.start();
  doc.on('update', (update: Uint8Array) => timeline.updated(update, ann));
});

afterEach(async () => {
  await timeline.stop();
  jest.useRealTimers();
  expect(failures).toEqual([]);
});

const kept = async () => (await timeline.versions.list()).map(({ kind, author }) => [kind, author?.name ?? null]);
const type = (text: string): void => setSource(doc, cellId, text);
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

const run = (id: string, state: RunView['state'], batch = 'batch', file = fileId): RunView => ({
  ...{ runId: RunId.parse(id), batchId: BatchId.parse(batch), author: ann, state, sourceHash: '', queuedAt: '' },
  ...{ target: { kind: 'cell', cellId, fileId: file }, startedAt: null, finishedAt: null },
  ...{ executionCount: null, reason: null },
});
const queue = (running: RunView | null, ...queued: RunView[]): QueueView => ({
  number: 0,
  held: null,
  rules: DEFAULT_QUEUE_RULES,
  running,
  queued,
});

describe('[P38] the hub keeps a version by itself', () => {
  test('when all runs that were asked for together are over, and not before', async () => {
    type('1');
    timeline.queueChanged(queue(run('a', 'running'), run('b', 'queued')), []);
    timeline.queueChanged(queue(run('b', 'running')), [run('a', 'succeeded')]);
    await pass(30 * MINUTE);
    expect(await kept()).toEqual([]);
    timeline.queueChanged(queue(null), [run('b', 'failed')]);
    await pass(2_000);
    expect(await kept()).toEqual([['afterBatch', 'Ann']]);
  });

  test('not for the runs of another notebook that has the same kernel', async () => {
    const elsewhere = FileId.parse('elsewhere');
    timeline.queueChanged(queue(run('a', 'running', 'batch', elsewhere)), []);
    timeline.queueChanged(queue(null), [run('a', 'succeeded', 'batch', elsewhere)]);
    await pass(MINUTE);
    await timeline.history.flush();
    expect(await kept()).toEqual([]);
    expect(records).toEqual([]);
  });

  test('each hour with changes, and none without', async () => {
    type('1');
    await pass(59 * MINUTE);
    expect(await kept()).toEqual([]);
    type('2');
    await pass(2 * MINUTE);
    expect(await kept()).toEqual([['hourly', null]]);
    await pass(600 * MINUTE);
    expect(await kept()).toHaveLength(1);
    type('3');
    await pass(61 * MINUTE);
    expect(await kept()).toHaveLength(2);
  });

  test('an hour after the last one: a batch’s counts too', async () => {
    type('1');
    await pass(50 * MINUTE);
    timeline.queueChanged(queue(null), [run('a', 'succeeded')]);
    await pass(MINUTE);
    type('2');
    await pass(50 * MINUTE);
    expect(await kept()).toEqual([['afterBatch', 'Ann']]);
    await pass(11 * MINUTE);
    expect(await kept()).toHaveLength(2);
  });

  test('when the room closes with changes that no version has', async () => {
    type('1');
    await timeline.stop();
    expect(await kept()).toEqual([['hourly', null]]);
    await timeline.stop();
    expect(await kept()).toHaveLength(1);
  });

  test('none of a notebook that was only opened', async () => {
    await timeline.stop();
    expect(await kept()).toEqual([]);
    expect(records).toEqual([]);
  });
});

describe('[P42] the history', () => {
  const prompt = (id: string, password = false): PromptView => ({
    ...{ promptId: PromptId.parse(id), runId: RunId.parse('a'), cellId, asked: ann, text: '?', password },
  });
  const types = (): string[] => records.map((record) => (record.type === 'ran' ? record.run.state : record.type));

  test('has each state of a run and each question once, in order, whatever else is told meanwhile', async () => {
    timeline.queueChanged(queue(null, run('a', 'queued')), []);
    timeline.queueChanged(queue(null, run('a', 'queued'), run('b', 'queued', 'other')), []);
    timeline.queueChanged(queue(run('a', 'running'), run('b', 'queued', 'other')), []);
    timeline.asked(prompt('p'));
    timeline.asked(prompt('p'));
    timeline.asked(null);
    timeline.answered(PromptId.parse('p'), ann, 'yes');
    timeline.queueChanged(queue(run('b', 'running', 'other')), [run('a', 'succeeded')]);
    await timeline.history.flush();
    const order = ['queued', 'queued', 'running', 'asked', 'answered', 'succeeded', 'running'];
    expect(types()).toEqual(['began', ...order]);
  });

  test('has an answer only to the question that is open, and no password', async () => {
    timeline.asked(prompt('p', true));
    timeline.answered(PromptId.parse('former'), ann, 'too late');
    timeline.answered(PromptId.parse('p'), ann, 'a secret');
    await timeline.history.flush();
    expect(types()).toEqual(['began', 'asked', 'answered']);
    expect(records.at(-1)).toMatchObject({ value: null, by: ann });
  });

  test('has a restore behind the edit that did it', async () => {
    type('1');
    const { versionId } = await timeline.versions.keep('named', { name: 'one' });
    type('2');
    await timeline.restore(versionId, ann);
    await timeline.history.flush();
    expect(types()).toEqual(['began', 'edited', 'restored']);
    expect(records.at(-1)).toMatchObject({ versionId, by: ann });
  });

  test('is written about a second after something happened, and the rest at the end', async () => {
    type('1');
    await pass(1_100);
    expect(types()).toEqual(['began', 'edited']);
    type('2');
    await timeline.stop();
    expect(types()).toEqual(['began', 'edited', 'edited']);
  });
});
