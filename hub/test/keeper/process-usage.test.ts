/** What a kernel's processes use: read from texts, summed over a tree, told to those attached. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { processScan } from '../../src/keeper/process-scan.js';
import { parseProcRss, parseProcStat, parsePs, treeOf, type ProcessRow } from '../../src/keeper/process-table.js';
import { ProcessUsage, type MeasuredKernel, type Usage } from '../../src/keeper/process-usage.js';
import { waitUntil } from '../support/wait-until.js';

const row = (pid: number, parentPid: number, more: Partial<ProcessRow> = {}): ProcessRow => ({
  pid,
  parentPid,
  groupId: pid,
  sessionId: pid,
  cpuMs: 0,
  rssBytes: 0,
  ...more,
});

describe('the texts', () => {
  test('a stat of /proc is read, also when the name holds spaces and parentheses', () => {
    const text =
      '42 (a (b) c) S 7 42 41 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 5 0 1140128 3133440 412 18446744073709551615';
    const expected = { pid: 42, parentPid: 7, groupId: 42, sessionId: 41, cpuMs: 1270, rssBytes: null };
    expect(parseProcStat(text)).toEqual(expected);
  });

  test.each(['', 'x', '42 (cut off', '42 (a) S 1 2'])('%j is no row', (text) => {
    expect(parseProcStat(text)).toBeNull();
  });

  test('the memory of a status is in bytes, and 0 where there is none', () => {
    expect(parseProcRss('Name:\tpython\nVmHWM:\t   999 kB\nVmRSS:\t   123 kB\n')).toBe(123 * 1024);
    expect(parseProcRss('Name:\tpython\nState:\tZ (zombie)\n')).toBe(0);
  });

  test('rows of ps are read with the times of macOS and of Linux, and others are skipped', () => {
    const text = '  1  0  1  2048   1:02.50\n 42  1 42  100 00:00:07\n 43 42 42  1 1-02:03:04\n  PID PPID\n\n';
    expect(parsePs(text).map(({ pid, cpuMs }) => [pid, cpuMs])).toEqual([
      [1, 62_500],
      [42, 7_000],
      [43, 93_784_000],
    ]);
    expect(parsePs(text)[0]).toMatchObject({ parentPid: 0, groupId: 1, sessionId: 0, rssBytes: 2048 * 1024 });
  });
});

describe('the tree', () => {
  test('holds group, session and all descendants of these, and nothing else', () => {
    const rows = [
      row(1, 0),
      row(10, 1),
      row(11, 10, { groupId: 10 }),
      row(12, 11),
      row(13, 1, { groupId: 10 }),
      row(14, 1, { sessionId: 10 }),
      row(15, 14),
      row(20, 1),
      row(21, 20),
    ];
    expect(treeOf(10, rows).map(({ pid }) => pid)).toEqual([10, 11, 13, 14, 12, 15]);
  });

  test('is empty when the process is gone, even if its number is a group that lives on', () => {
    expect(treeOf(10, [row(1, 0), row(11, 1, { groupId: 10 })])).toEqual([]);
  });
});

describe('a look at this machine', () => {
  test.each(['linux', 'darwin'] as const)('as on %s finds a child with its memory and time', async (platform) => {
    if (platform === 'linux' && process.platform !== 'linux') return;
    const code =
      'const held = Buffer.alloc(100e6, 1); while (process.cpuUsage().user < 300e3); console.log(held.length); setInterval(() => {}, 1e6)';
    const child = spawn(process.execPath, ['-e', code], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const scan = processScan(platform);
      const tree = treeOf(child.pid ?? 0, await scan.processes());
      expect(tree.map(({ pid, parentPid }) => [pid, parentPid])).toEqual([[child.pid, process.pid]]);
      expect(await scan.rssOf(tree)).toBeGreaterThan(100e6);
      // What ps of Linux says is in whole seconds.
      if (platform === 'linux') expect(tree[0]?.cpuMs).toBeGreaterThanOrEqual(200);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('a process that ends during the look counts nothing', async () => {
    const scan = processScan();
    await expect(scan.rssOf([row(2 ** 22 + 1, 1)])).resolves.toBe(0);
    if (process.platform === 'linux') expect(await readFile('/proc/self/stat', 'utf8')).toContain('(node)');
  });
});

describe('telling', () => {
  interface World {
    readonly looks: () => number;
    readonly told: Usage[];
    readonly usage: ProcessUsage;
    kernel: MeasuredKernel;
    fails: boolean;
  }

  /** Each look, one second after the former, finds 250 ms more of CPU time. */
  function make(kernel: Partial<MeasuredKernel> = {}): World {
    let looks = 0;
    const told: Usage[] = [];
    const whole = {
      kernelId: KernelId.parse('k1'),
      pid: 10,
      isWatched: true,
      tellUsage: (usage: Usage) => told.push(usage),
    };
    const world: World = {
      looks: () => looks,
      told,
      kernel: { ...whole, ...kernel },
      fails: false,
      usage: new ProcessUsage({
        kernels: () => [world.kernel],
        scan: {
          processes: () => {
            looks += 1;
            if (world.fails) return Promise.reject(new Error('no'));
            return Promise.resolve([row(10, 1, { cpuMs: looks * 150 }), row(11, 10, { cpuMs: looks * 100 })]);
          },
          rssOf: (rows) => Promise.resolve(rows.length * 1000),
        },
        everyMs: 1,
        now: () => looks * 1000,
        log: () => undefined,
      }),
    };
    return world;
  }

  test('memory and share of the whole tree are told from the second look on', async () => {
    const { usage, told, looks } = make();
    usage.start();
    await waitUntil('three are told', () => told.length >= 3);
    await usage.stop();
    await usage.stop();
    expect(told[0]).toEqual({ rssBytes: 2000, cpuPercent: 25 });
    expect(told).toHaveLength(looks() - 1);
  });

  test('nobody looks while nobody is attached', async () => {
    let asked = 0;
    const world = make({ isWatched: false });
    const { usage, looks, kernel } = world;
    world.kernel = {
      ...kernel,
      get isWatched() {
        asked += 1;
        return false;
      },
    };
    usage.start();
    await waitUntil('it was time to look', () => asked >= 3);
    await usage.stop();
    expect(looks()).toBe(0);
  });

  test('a kernel that was started anew is measured from then on', async () => {
    const { usage, told, kernel, looks } = make();
    let pid = 10;
    Object.defineProperty(kernel, 'pid', { get: () => pid });
    usage.start();
    await waitUntil('one is told', () => told.length >= 1);
    pid = 11;
    const before = told.length;
    await waitUntil('the next is told', () => told.length > before);
    await usage.stop();
    expect(told[before]).toEqual({ rssBytes: 1000, cpuPercent: 10 });
    expect(told.length).toBeLessThan(looks());
  });

  test('a look that fails is not the last', async () => {
    const world = make();
    world.fails = true;
    world.usage.start();
    await waitUntil('a look has failed', () => world.looks() > 1);
    world.fails = false;
    await waitUntil('one is told', () => world.told.length > 0);
    await world.usage.stop();
  });
});
