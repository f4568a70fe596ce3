import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KeeperConnection } from '../../src/kernel/keeper-connection.js';
import { reachKeeper } from '../../src/kernel/keeper-starter.js';
import { keeperCommand } from '../../../test/end-to-end/support/programs.js';
import { waitUntil } from '../support/wait-until.js';

let dataDir = '';

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'keeper-starter-'));
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

function reach(command: readonly string[] | null, startTimeoutMs = 60_000): Promise<KeeperConnection> {
  return reachKeeper({
    dataDir,
    keeperCommand: command,
    idleExitMs: 5_000,
    leaveAfterMs: 60_000,
    maxJournalBytes: 1_000_000,
    maxUnreadJournalBytes: 1_000_000,
    startTimeoutMs,
    log: () => undefined,
  });
}

describe('a keeper that can not be started', () => {
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

describe('a keeper that somebody else starts', () => {
  test('is waited for, and stays when it is told to, with neither hub nor kernel', async () => {
    const reached = reach(null);
    const staying = startKeeper(dataDir, 'never');
    await (await reached).close();
    // Another one tells when an idle keeper would have left.
    const leaving = startKeeper(path.join(dataDir, 'other'), '50');
    await waitUntil('an idle keeper to leave', () => leaving.exitCode === 0);
    await (await reach(null)).close();
    expect(staying.exitCode).toBeNull();
    staying.kill('SIGTERM');
    await waitUntil('it to leave when it is told', () => staying.exitCode === 0);
  });

  test('that is not there is named with its socket, and none is started', async () => {
    await expect(reach(null, 50)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/keeper\.sock: start it.*COKERNEL_KEEPER=own/),
    });
  });
});

function startKeeper(folder: string, idleExitMs: string): ChildProcess {
  const [program = '', ...args] = keeperCommand;
  return spawn(program, [...args, '--data-dir', folder, '--idle-exit-ms', idleExitMs], { stdio: 'ignore' });
}
