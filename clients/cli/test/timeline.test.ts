/** Versions and history from the terminal, on a real hub with a real kernel. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { makePaint } from '../src/text/terminal-text.js';
import { differenceText } from '../src/text/difference-text.js';
import { requestOf } from '../src/timeline-commands.js';
import { RealHub } from './support/real-hub.js';
import { command } from './support/terminal.js';

jest.setTimeout(90_000);

const hub = new RealHub();
const versions = (...words: string[]) => command(hub, ['versions', 'a.ipynb', ...words]);

beforeAll(async () => {
  hub.writeNotebook('a.ipynb', [{ id: 'a', source: 'print(6 * 7)' }]);
  await hub.start();
});

afterAll(() => hub.remove());

describe('versions', () => {
  test('are kept, listed newest first, compared, named, shown and restored', async () => {
    expect((await versions('keep', 'before the run')).stdout).toBe("version 1, 'before the run', is kept\n");
    expect((await command(hub, ['run', 'a.ipynb'])).exitCode).toBe(0);
    let listed = (await versions()).stdout;
    while (!listed.includes('runs')) listed = (await versions()).stdout;
    const [newest = '', oldest = ''] = listed.split('\n');
    expect(newest).toMatch(/^2 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +1 cell +after .*’s runs$/);
    expect(oldest).toMatch(/^1 +.* +1 cell +kept by .* 'before the run'$/);
    expect((await versions('diff', '1', '2')).stdout).toMatch(/^code cell outputs changed a\n/);
    expect((await versions('name', '2', 'with output')).stdout).toContain("version 2 is 'with output' now");
    expect(JSON.parse((await versions('show', '1')).stdout)).toMatchObject({ cells: [{ id: 'a', outputs: [] }] });
    expect((await versions('restore', '1')).stdout).toMatch(
      /^a\.ipynb is as in version 1 again; to undo that, restore version \d\n$/,
    );
    expect((await versions('diff', '1')).stdout).toBe('nothing changed\n');
  });

  test('that are not there are refused', async () => {
    expect(await versions('restore', '77')).toMatchObject({ exitCode: 3 });
  });
});

describe('the history', () => {
  test('[P42] tells what happened, in order, and plays it again', async () => {
    const told = (await command(hub, ['history', 'a.ipynb'])).stdout;
    const at = (text: string): number => told.indexOf(text);
    const order = ['the history begins', ' queued print(6 * 7)', 'done print(6 * 7)', 'restored version 1'].map(at);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
    const played = (await command(hub, ['history', 'a.ipynb', '--play'])).stdout;
    expect(played).toContain('code cell added a\n  + print(6 * 7)');
  });
});

describe('words and lines', () => {
  test('of the command', () => {
    expect(requestOf('diff', ['1'])).toEqual({ what: 'diff', id: '1', other: null });
    expect(requestOf('name', ['1', 'x'])).toEqual({ what: 'name', id: '1', name: 'x' });
    expect(() => requestOf('name', ['1'])).toThrow('none of');
    expect(() => requestOf('ls', ['1'])).toThrow('none of');
  });

  test('of a difference have little around each change, and no escapes of others', () => {
    const both = (...lines: string[]) => ({ in: 'both' as const, lines });
    const source = [both('1', '2', '3', '4', '5', '6'), { in: 'after' as const, lines: ['\u001b[2Jnew'] }, both('7')];
    const cell = {
      cellId: 'c' as never,
      cellType: 'code',
      change: 'changed',
      moved: true,
      source,
      others: [],
    } as const;
    const text = differenceText({ cells: [{ ...cell, others: [] }], metadata: true }, makePaint(false));
    expect(text).toBe(
      'code cell moved, edited c\n    … 4 lines …\n    5\n    6\n  + new\n    7\n\nthe notebook’s metadata changed',
    );
  });
});
