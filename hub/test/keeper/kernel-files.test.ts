/** What a kernel keeps for the next keeper, and what becomes of it when it can't be kept. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { newConnection } from '../../src/keeper/connection-file.js';
import { KernelFiles, type KernelFilesOptions } from '../../src/keeper/kernel-files.js';
import type { KernelState } from '../../src/keeper/kernel-state.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';

let folder: ScratchFolder;
let logged: string[] = [];
const open: KernelFiles[] = [];

beforeEach(async () => {
  folder = await scratchFolder();
  logged = [];
});
afterEach(async () => {
  for (const files of open.splice(0)) files.close();
  await folder.remove();
});

const state: KernelState = {
  format: 1,
  kernelId: KernelId.parse('k'),
  specName: 'python3',
  labels: { fileId: 'f' },
  origin: 'started',
  start: { launch: { argv: ['python'], env: {}, interruptMode: 'signal' }, cwd: '/' },
  connection: newConnection('127.0.0.1', [1, 2, 3, 4, 5]),
  routingId: 'r',
  highestFence: 1,
  journalId: 'first journal',
  knowsAllRequests: true,
  process: null,
  phase: 'starting',
  ending: false,
  kernelInfo: null,
};

function options(): KernelFilesOptions {
  return {
    folder: join(folder.path, 'k'),
    maxJournalBytes: 1e6,
    maxUnreadJournalBytes: 1e6,
    maxMemoryBytes: 1e6,
    log: (_level, message) => logged.push(message),
  };
}

function opened(files: KernelFiles): KernelFiles {
  open.push(files);
  return files;
}

const refusal = expect.objectContaining({ code: 'alreadySent' });

describe('KernelFiles', () => {
  test('the next keeper finds state, journal and requests as they were', () => {
    const first = opened(KernelFiles.create(options(), state));
    first.noteRequest('a', 1);
    first.state.update({ highestFence: 7 });
    const second = opened(KernelFiles.recover(options()));
    expect(second.state.current).toEqual({ ...state, highestFence: 7 });
    expect(second.feed.lastSeq).toBe(1);
    expect(() => second.noteRequest('a', 1)).toThrow(refusal);
    second.noteRequest('b', 1);
    expect(second.feed.lastSeq).toBe(2);
  });

  test('the state holds a key: only the owner reads it', () => {
    opened(KernelFiles.create(options(), state));
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(modeOf(join(options().folder, 'state.json'))).toBe('600');
    expect(modeOf(options().folder)).toBe('700');
  });

  test('a request is in the file when noting it returns, with the fence of the hub that had it sent', () => {
    const files = opened(KernelFiles.create(options(), state));
    files.noteRequest('a', 9);
    const journal = readFileSync(join(options().folder, 'journal-1'), 'utf8');
    expect(journal).toContain('{"type":"sent","msgId":"a","fence":9}');
    expect(statSync(join(options().folder, 'requests-sent')).size).toBe(8);
  });

  test('a journal that can not be written on is not taken for the whole by the next keeper', () => {
    const files = opened(KernelFiles.create({ ...options(), maxJournalBytes: 16 }, state));
    files.noteRequest('a', 1);
    mkdirSync(join(options().folder, 'journal-2'));
    files.noteRequest('b', 1);
    files.noteRequest('c', 1);
    expect(files.feed.lastSeq).toBe(3);
    expect(() => files.noteRequest('b', 1)).toThrow(refusal);
    expect(logged).toEqual(['the journal of a kernel is kept in memory alone']);
    expect(existsSync(join(options().folder, 'requests-sent'))).toBe(false);
  });

  test('a journal that is lost begins anew under another id, and says that it does not know all requests', () => {
    const first = opened(KernelFiles.create(options(), state));
    first.noteRequest('a', 1);
    writeFileSync(join(options().folder, 'journal-1'), 'nothing of ours, and longer than a head');
    const second = opened(KernelFiles.recover(options()));
    expect(second.state.current.knowsAllRequests).toBe(false);
    expect(second.state.current.journalId).not.toBe('first journal');
    expect(second.feed.lastSeq).toBe(0);
    second.noteRequest('b', 1);
    second.close();
    const third = opened(KernelFiles.recover(options()));
    expect(third.state.current).toEqual(second.state.current);
    expect(third.feed.lastSeq).toBe(1);
  });

  test('a state that can not be read is left alone, and all that lies beside it', () => {
    opened(KernelFiles.create(options(), state));
    writeFileSync(join(options().folder, 'state.json'), '{"format": 2}');
    const before = readdirSync(options().folder);
    expect(() => KernelFiles.recover(options())).toThrow();
    expect(readdirSync(options().folder)).toEqual(before);
  });
});
