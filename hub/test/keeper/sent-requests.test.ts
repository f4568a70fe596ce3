/** No request is sent twice in a kernel's life, whatever becomes of its keepers. */
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SentRequests } from '../../src/keeper/sent-requests.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';

let folder: ScratchFolder;
const open: SentRequests[] = [];

beforeEach(async () => {
  folder = await scratchFolder();
});
afterEach(async () => {
  for (const sent of open.splice(0)) sent.close();
  await folder.remove();
});

function path(): string {
  return join(folder.path, 'requests-sent');
}

function newRequests(): SentRequests {
  const sent = new SentRequests(path());
  open.push(sent);
  return sent;
}

describe('SentRequests', () => {
  test('knows what was added, also the next keeper’s, which goes on with it', () => {
    const first = newRequests();
    first.create();
    const ids = Array.from({ length: 1_000 }, (_, index) => `run-${String(index)}`);
    for (const id of ids) first.add(id);
    first.close();
    const second = newRequests();
    second.recover();
    second.add('another');
    const third = newRequests();
    third.recover();
    expect([...ids, 'another'].filter((id) => !third.has(id))).toEqual([]);
    expect(third.has('run-1000')).toBe(false);
    expect(statSync(path()).size).toBe(8 * 1_001);
  });

  test('cuts off what was not written whole: that request was not sent', () => {
    const first = newRequests();
    first.create();
    first.add('whole');
    first.close();
    appendFileSync(path(), 'torn');
    const second = newRequests();
    second.recover();
    second.add('next');
    const third = newRequests();
    third.recover();
    expect(['whole', 'next'].map((id) => third.has(id))).toEqual([true, true]);
    expect(statSync(path()).size).toBe(16);
  });

  test('is not made twice, and once forsaken is not found again', () => {
    const first = newRequests();
    first.create();
    expect(() => newRequests().create()).toThrow('EEXIST');
    first.forsake();
    first.add('still known here');
    expect(first.has('still known here')).toBe(true);
    expect(() => newRequests().recover()).toThrow('ENOENT');
  });

  test('its file is the owner’s only', () => {
    newRequests().create();
    expect((statSync(path()).mode & 0o777).toString(8)).toBe('600');
  });
});
