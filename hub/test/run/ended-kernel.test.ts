/** What the rooms of a kernel are told when it is ended for good, however late its queue tells its steps. */
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { RunQueue } from '../../src/run/run-queue.js';
import type { EmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { kernelSessionsOver } from '../support/kernel-sessions.js';
import { newRequestId, queuedRun } from '../support/queued-run.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { silentHost } from '../support/silent-host.js';

const log = pino({ level: 'silent' });

let scratch: ScratchFolder;
let store: EmbeddedStore;

beforeEach(async () => {
  scratch = await scratchFolder();
  store = await openEmbeddedStore({ directory: path.join(scratch.path, 'store'), onNotice: () => undefined, log });
});

afterEach(async () => {
  await store.close();
  await scratch.remove();
});

/** As a queue in Redis may be: its changes come when nobody listens any more. */
function toldTooLate(queue: RunQueue): RunQueue {
  return Object.assign(queue, { subscribe: () => () => undefined });
}

describe('the end of a kernel', () => {
  test.each([
    ['at once', (queue: RunQueue) => queue],
    ['too late', toldTooLate],
  ])('ends its waiting runs, each told once, when the queue tells its steps %s', async (_title, told) => {
    const sessions = kernelSessionsOver(store, { host: silentHost(), queue: told(store.runQueue) });
    const session = await sessions.start({ specName: 's', cwd: '/', labels: {} });
    const runs = [queuedRun(), queuedRun()];
    await store.runQueue.enqueue(session.kernelId, newRequestId(), runs);
    const ended: string[] = [];
    session.listen({
      kernelChanged: () => undefined,
      usageTold: () => undefined,
      promptChanged: () => undefined,
      ranOverTime: () => undefined,
      queueChanged: ({ finished }) => ended.push(...finished.map(({ runId, state }) => `${runId} ${state}`)),
    });
    await sessions.shutdown(session, 'enough');
    expect(ended).toEqual(runs.map(({ view }) => `${view.runId} cancelled`));
    expect(sessions.list()).toEqual([]);
  });
});
