/** A process is known by its pid and its start; a zombie is none. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { identityOf, isSameProcess, startInPs, startInStat, stillRuns } from '../../src/keeper/process-identity.js';
import { isAlive, stateOf } from '../support/keeper.js';
import { waitUntil } from '../support/wait-until.js';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function programOf(pid: number): string {
  return spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

describe('a process', () => {
  test('is the same as long as it runs, and no other with its pid', async () => {
    const child = spawn('sleep', ['600']);
    children.push(child);
    const own = identityOf(process.pid);
    const later = identityOf(child.pid ?? 0);
    expect([own, later].map(isSameProcess)).toEqual([true, true]);
    expect(isSameProcess({ ...own, startedAt: later.startedAt })).toBe(false);
    expect(isSameProcess({ ...later, startedAt: own.startedAt })).toBe(false);
    expect(isSameProcess({ ...own, startedAt: null })).toBe(false);
    expect(stillRuns(later)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(stillRuns(later)).toBe(false);
  });

  test('that ended is gone also while its zombie waits for somebody to notice', async () => {
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(parent);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(String(line));
    const identity = identityOf(pid);
    expect(isSameProcess(identity)).toBe(true);
    // The shell itself would take notice of its child's end.
    await waitUntil('the parent is no shell any more', () => programOf(parent.pid ?? 0) === 'sleep');
    process.kill(pid, 'SIGKILL');
    await waitUntil('it is a zombie', () => stateOf(pid).startsWith('Z'));
    expect(isAlive(pid)).toBe(true);
    expect(isSameProcess(identity)).toBe(false);
    expect(identityOf(pid).startedAt).toBeNull();
  });
});

describe('of what the system tells', () => {
  const stat = (state: string) =>
    `4711 (a) b (c)) ${state} 1 4711 4711 0 -1 4194560 1 0 0 0 2 1 0 0 20 0 1 0 987654 1000 100`;

  test('the start is read after a name with brackets and spaces', () => {
    expect(startInStat(stat('S'), 'boot')).toBe('boot 987654');
    expect(startInStat(stat('T'), 'boot')).toBe('boot 987654');
  });

  test.each(['Z', 'X', 'x'])('state %s is an end', (state) => {
    expect(startInStat(stat(state), 'boot')).toBeNull();
  });

  test('a text that is cut off is no process', () => {
    expect(startInStat('4711 (a', 'boot')).toBeNull();
  });

  test.each([
    ['Ss   Sun Nov 22 14:02:11 2026\n', 'Sun Nov 22 14:02:11 2026'],
    ['  R+   Sun Nov  2 04:02:11 2026', 'Sun Nov  2 04:02:11 2026'],
    ['Z    Sun Nov 22 14:02:11 2026', null],
    ['', null],
  ])('ps: %j', (line, start) => {
    expect(startInPs(line)).toBe(start);
  });
});
