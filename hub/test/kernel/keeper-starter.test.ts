import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { reachKeeper } from '../../src/kernel/keeper-starter.js';

let dataDir = '';

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'keeper-starter-'));
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('a keeper that can not be started', () => {
  const reach = (keeperCommand: readonly string[]): Promise<unknown> =>
    reachKeeper({
      dataDir,
      keeperCommand,
      idleExitMs: 5_000,
      leaveAfterMs: 60_000,
      maxJournalBytes: 1_000_000,
      maxUnreadJournalBytes: 1_000_000,
      startTimeoutMs: 60_000,
      log: () => undefined,
    });

  test('is given up after some tries, with the log to look into, when it ends as soon as it is started', async () => {
    await expect(reach([process.execPath, '-e', 'process.exit(3)'])).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/ends as soon as it is started.*keeper\.log/),
    });
  });

  test('is named when there is no such program', async () => {
    await expect(reach(['/no/such/program'])).rejects.toMatchObject({ code: 'unreachable' });
  });
});
