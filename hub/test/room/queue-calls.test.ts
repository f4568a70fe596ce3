/** Who may do what to a queue, and what of it a notebook keeps: a real store, and a room that is only its facts. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { CellId, DEFAULT_QUEUE_RULES, ParticipantId, RunId } from '@cokernel/proto/hub';
import type { KernelId, QueueRules, Role } from '@cokernel/proto/hub';
import { pino } from 'pino';
import { KeptQueueRules } from '../../src/room/kept-queue-rules.js';
import { QueueCalls } from '../../src/room/queue-calls.js';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import type { EmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { newFileId, newKernelId, newRequestId, queuedRun } from '../support/queued-run.js';
import { SAVED_ID, filesOf, storeIn } from '../support/saved-notebook.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const log = pino({ level: 'silent' });
const fair: QueueRules = { order: 'fair', mostWaiting: 3, mostSeconds: 60 };

let scratch: ScratchFolder;
let store: EmbeddedStore;
let kernelId: KernelId;

beforeEach(async () => {
  scratch = await scratchFolder();
  store = await openEmbeddedStore({ directory: path.join(scratch.path, 'store'), onNotice: () => undefined, log });
  kernelId = newKernelId();
});

afterEach(async () => {
  await store.close();
  await scratch.remove();
});

/** What somebody of this role can ask for. */
async function callsOf(name: string, role: Role, keepQueueRules = (): Promise<void> => Promise.resolve()) {
  const queue = { ...(await store.runQueue.snapshot(kernelId)) };
  return new QueueCalls({
    room: { fileId: SAVED_ID, queue: { ...queue, queued: [...queue.queued] }, kernel: { kernelId }, keepQueueRules },
    role,
    queue: store.runQueue,
    clock: () => new Date(),
    author: () => ({ participantId: ParticipantId.parse(name), name }),
    session: () => ({ kernelId }),
  });
}

async function wait(...runIds: readonly string[]): Promise<void> {
  const runs = runIds.map((runId) => queuedRun({ runId, author: runId.slice(0, 3), file: SAVED_ID }));
  await store.runQueue.enqueue(kernelId, newRequestId(), runs);
}

const order = async (): Promise<string> =>
  (await store.runQueue.snapshot(kernelId)).queued.map(({ runId }) => runId).join(' ');
const id = (text: string): RunId => RunId.parse(text);

describe('a run that waits', () => {
  test('[P47] [M5] [X10] is moved among the places of its own author', async () => {
    await wait('ann1', 'ben1', 'ann2');
    const ann = await callsOf('ann', 'runner');
    await ann.moveRun({ runId: id('ann2'), before: id('ann1') });
    expect(await order()).toBe('ann2 ben1 ann1');
    const refused = { code: 'forbidden' };
    await expect(ann.moveRun({ runId: id('ben1'), before: null })).rejects.toMatchObject(refused);
    await expect(ann.moveRun({ runId: id('ann1'), before: id('ben1') })).rejects.toMatchObject(refused);
    await expect(ann.moveRun({ runId: id('gone'), before: null })).rejects.toMatchObject({ code: 'notQueued' });
    expect(await order()).toBe('ann2 ben1 ann1');
  });

  test('[P47] is moved anywhere by who manages the room', async () => {
    await wait('ann1', 'ben1', 'ann2');
    const owner = await callsOf('cem', 'owner');
    await owner.moveRun({ runId: id('ann2'), before: id('ben1') });
    expect(await order()).toBe('ann1 ann2 ben1');
    await owner.moveRun({ runId: id('ann1'), before: null });
    expect(await order()).toBe('ann2 ben1 ann1');
  });

  test('[P34] [P47] of another notebook is neither moved nor withdrawn by who manages this one', async () => {
    await wait('ann1');
    const target = { kind: 'cell', cellId: CellId.parse('c'), fileId: newFileId() } as const;
    const run = queuedRun({ runId: 'ben1', author: 'ben', file: target.fileId });
    await store.runQueue.enqueue(kernelId, newRequestId(), [{ ...run, view: { ...run.view, target } }]);
    const owner = await callsOf('cem', 'owner');
    const refused = { code: 'forbidden', message: expect.not.stringMatching('ben') };
    await expect(owner.moveRun({ runId: id('ben1'), before: id('ann1') })).rejects.toMatchObject(refused);
    await expect(owner.moveRun({ runId: id('ann1'), before: id('ben1') })).rejects.toMatchObject(refused);
    await expect(owner.cancel({ runIds: [id('ann1'), id('ben1')] })).rejects.toMatchObject(refused);
    expect(await order()).toBe('ann1 ben1');
    expect(await (await callsOf('ben', 'runner')).cancel({ runIds: [id('ben1')] })).toEqual({ cancelled: ['ben1'] });
  });

  test('[P23] of another person is withdrawn by who manages the room alone', async () => {
    await wait('ann1', 'ben1');
    const runIds = [id('ann1')];
    await expect((await callsOf('ben', 'editor')).cancel({ runIds })).rejects.toMatchObject({ code: 'forbidden' });
    expect(await (await callsOf('cem', 'owner')).cancel({ runIds })).toEqual({ cancelled: runIds });
  });
});

describe('the rules that were chosen', () => {
  test('[P50] are kept by the notebook before the queue has them', async () => {
    const seen: QueueRules[] = [];
    const keep = async (): Promise<void> => {
      seen.push((await store.runQueue.snapshot(kernelId)).rules);
    };
    await (await callsOf('ann', 'owner', keep)).setRules(fair);
    expect(seen).toEqual([DEFAULT_QUEUE_RULES]);
    expect((await store.runQueue.snapshot(kernelId)).rules).toEqual(fair);
  });

  test('[P50] are there when the notebook is opened again', async () => {
    const file = path.join(scratch.path, 'a.ipynb');
    await writeFile(file, writeNotebook(makeNotebook([])));
    const rules: QueueRules[] = [];
    for (const fence of [1, 2]) {
      const documents = await storeIn(scratch.path);
      const opened = await filesOf(documents, scratch.path).open(SAVED_ID, file, fence);
      const kept = new KeptQueueRules(opened.log, opened.queueRules);
      rules.push(kept.rules);
      if (fence === 1) await kept.keep(fair);
      await opened.log.close();
      await documents.close();
    }
    expect(rules).toEqual([DEFAULT_QUEUE_RULES, fair]);
  });
});
