/** What a session makes of what its host tells of the kernel's use. */
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { KernelUsage } from '@cokernel/proto/hub';
import type { KernelHostEvent } from '../../src/kernel/kernel-host.js';
import type { KernelSession } from '../../src/run/kernel-session.js';
import type { EmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { kernelSessionsOver } from '../support/kernel-sessions.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { silentHost } from '../support/silent-host.js';

const USAGE = { rssBytes: 7, cpuPercent: 3 };

let scratch: ScratchFolder;
let store: EmbeddedStore;
let session: KernelSession;
let now = Date.UTC(2026, 0, 1);
let tell: (event: KernelHostEvent) => void = () => undefined;
let wantsUsage: () => boolean = () => true;

beforeEach(async () => {
  scratch = await scratchFolder();
  const log = pino({ level: 'silent' });
  store = await openEmbeddedStore({ directory: path.join(scratch.path, 'store'), onNotice: () => undefined, log });
  const host = silentHost((options, listener) => {
    tell = listener;
    wantsUsage = options.wantsUsage ?? wantsUsage;
  });
  const sessions = kernelSessionsOver(store, { host, clock: () => new Date(now) });
  session = await sessions.start({ specName: 's', cwd: '/', labels: {} });
});

afterEach(async () => {
  await store.close();
  await scratch.remove();
});

function listening(told: KernelUsage[]): () => void {
  const nothing = (): void => undefined;
  const usageTold = (usage: KernelUsage): void => void told.push(usage);
  return session.listen({
    kernelChanged: nothing,
    usageTold,
    promptChanged: nothing,
    ranOverTime: nothing,
    queueChanged: nothing,
  });
}

test('what a kernel uses is told to its rooms, does not count as activity, and is known until it is old', () => {
  const told: KernelUsage[] = [];
  listening(told);
  const { lastActivity } = session;
  now += 10_000;
  tell({ type: 'usage', ...USAGE });
  expect(told).toEqual([USAGE]);
  expect(session.lastActivity).toEqual(lastActivity);
  expect(session.usage).toEqual(USAGE);
  now += 60_000;
  expect(session.usage).toBeNull();
});

test('it is wanted while a room listens', () => {
  expect(wantsUsage()).toBe(false);
  const leave = listening([]);
  expect(wantsUsage()).toBe(true);
  leave();
  expect(wantsUsage()).toBe(false);
});
