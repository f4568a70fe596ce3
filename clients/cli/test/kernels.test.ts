/** Kernels at the terminal: shared, attached by their connection file, ended, and what a stop of the hub says. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { RealHub } from './support/real-hub.js';
import { Terminal, command } from './support/terminal.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

const WAIT_FOR_FILE = `import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)`;

const hub = new RealHub();
const terminals: Terminal[] = [];

beforeAll(async () => {
  hub.writeNotebook('a.ipynb', [{ id: 'a', source: 'x = 42' }]);
  hub.writeNotebook('b.ipynb', [{ id: 'a', source: 'print(x)' }]);
  await hub.start();
});

afterEach(async () => {
  await Promise.all(terminals.splice(0).map((terminal) => terminal.close()));
});

afterAll(() => hub.remove());

interface Listed {
  readonly kernelId: string;
  readonly origin: string;
  readonly notebooks: readonly string[];
}

async function kernels(): Promise<readonly Listed[]> {
  return JSON.parse((await command(hub, ['kernels', '--json'])).stdout) as Listed[];
}

async function attached(...args: readonly string[]): Promise<Terminal> {
  const terminal = new Terminal(hub, ['attach', ...args]);
  terminals.push(terminal);
  await terminal.isReady();
  return terminal;
}

/** Somebody else's kernel, as a console starts it. */
async function theirKernel(): Promise<{ readonly file: string; readonly process: ChildProcess }> {
  const file = join(hub.root, 'theirs.json');
  const python = process.env['COKERNEL_TEST_PYTHON'] ?? '';
  const child = spawn(python, ['-m', 'ipykernel_launcher', '-f', file], { stdio: 'ignore' });
  await until('the connection file', () => existsSync(file));
  return { file, process: child };
}

describe('kernels', () => {
  test('[P34] attach --kernel lets two notebooks share one, which both are shown', async () => {
    const ann = await attached('a.ipynb', '--name', 'Ann');
    ann.type('y = 6 * 7\r');
    await ann.shows('In [2]:');
    const [kernel] = await kernels();
    const ben = await attached('b.ipynb', '--name', 'Ben', '--kernel', kernel?.kernelId.slice(0, 6) ?? '');
    await ben.shows(/b\.ipynb · Python 3 .*shared with a\.ipynb/);
    await ann.shows('b.ipynb uses this kernel too now');
    ben.type('y + 1\r');
    await ben.shows('43');
    const { stdout } = await command(hub, ['kernels']);
    expect(stdout).toMatch(/^\w{8} +Python 3 +idle .*a\.ipynb, b\.ipynb\n$/);
    const ended = await command(hub, ['kernels', '--end', kernel?.kernelId ?? '']);
    expect(ended.stdout).toBe('Python 3 of a.ipynb and b.ipynb was shut down\n');
    await ann.shows('The kernel was shut down by a client of the REST API. Run a cell to start one.');
    expect((await command(hub, ['kernels'])).stdout).toBe('no kernel runs\n');
  });

  test('one that does not run is said, with exit code 2', async () => {
    const ended = await command(hub, ['attach', 'a.ipynb', '--kernel', 'nope']);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain("no kernel 'nope' runs; `cokernel kernels` lists them");
    expect((await command(hub, ['attach', 'a.ipynb', '--kernel', 'x', '--existing', 'f'])).exitCode).toBe(2);
  });
});

describe('--existing', () => {
  test('[J14] runs code in a kernel that was not started here, and leaves it running', async () => {
    const { file, process: theirs } = await theirKernel();
    try {
      const isThere = async () => (await command(hub, ['exec', '--existing', file, '-c', 'z = 5'])).exitCode === 0;
      let answered = await isThere();
      // It takes its time to open its ports.
      for (let tries = 0; !answered && tries < 20; tries += 1) answered = await isThere();
      const ended = await command(hub, ['exec', '--existing', file, '-c', 'import os; print(os.getpid(), z)']);
      expect(ended.stdout).toBe(`${String(theirs.pid)} 5\n`);
      const ann = await attached('a.ipynb', '--name', 'Ann', '--existing', file);
      ann.type('z + 1\r');
      await ann.shows('6');
      expect((await kernels()).filter(({ origin }) => origin === 'existing')).toMatchObject([
        { notebooks: ['a.ipynb'] },
      ]);
      expect(theirs.exitCode).toBeNull();
      const both = await command(hub, ['exec', '--existing', file, '--kernel', 'python3', '-c', '1']);
      expect(both.exitCode).toBe(2);
    } finally {
      theirs.kill('SIGKILL');
    }
  });
});

describe('stop', () => {
  test('names what ends with the hub; --keep-kernels leaves it to the next', async () => {
    rmSync(join(hub.served, 'go'), { force: true });
    const running = await attached('b.ipynb', '--name', 'Ben');
    running.type(`${WAIT_FOR_FILE.replaceAll('\n', '\x1b\r')}\r`);
    await until('it runs', () => running.text.includes('while not'));
    await until('the queue says so', () => !/In \[\d+\]:$/.test(running.lastLine));
    const used = (await kernels()).filter(({ notebooks }) => notebooks.includes('b.ipynb'));
    const bens = used.map(({ kernelId }) => kernelId);
    expect(bens).toHaveLength(1);
    const kept = await command(hub, ['stop', '--keep-kernels']);
    expect(kept.stdout).toContain('its kernels go on for the next hub of this folder\n');
    expect(kept.stdout).not.toContain('ends ');
    await hub.start();
    expect((await kernels()).map(({ kernelId }) => kernelId)).toEqual(bens);
    await command(hub, ['kernels', '--end', bens[0] ?? '']);
    expect((await command(hub, ['stop', '--keep-kernels', '--stop-kernels'])).exitCode).toBe(2);
  });

  test('without more names the runs and ends them', async () => {
    const running = new Terminal(hub, ['exec', '-c', 'import time\ntime.sleep(600)']);
    terminals.push(running);
    // What a stop names is what has begun.
    for (let tries = 0; tries < 100 && !(await busy()); tries += 1);
    expect((await command(hub, ['stop'])).stdout).toMatch(
      /^ends terminal's run outside a notebook: import time\nthe hub at .* has ended\n$/,
    );
    expect(await running.ended()).toBe(1);
    expect(running.text).toContain('cancelled: the hub was stopped');
    await hub.start();
    expect(await kernels()).toEqual([]);
  });
});

async function busy(): Promise<boolean> {
  const list = JSON.parse((await command(hub, ['kernels', '--json'])).stdout) as { status: string }[];
  return list.some(({ status }) => status === 'busy');
}
