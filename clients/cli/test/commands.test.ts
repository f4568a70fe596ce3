/** The commands that end by themselves, on a real hub with a real kernel; and how a hub is found. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serve } from '../src/commands/serve.js';
import { dataFolder } from '../src/data-folder.js';
import { chooseHub, contains } from '../src/running-hubs.js';
import { RealHub } from './support/real-hub.js';
import { command, commandInto } from './support/terminal.js';

jest.setTimeout(90_000);

const hub = new RealHub();

beforeAll(async () => {
  hub.writeNotebook('good.ipynb', [
    { id: 'a', source: 'x = 6' },
    { id: 'b', source: 'print(x * 7)' },
  ]);
  hub.writeNotebook('bad.ipynb', [
    { id: 'a', source: '1/0' },
    { id: 'b', source: 'print("never")' },
  ]);
  await hub.start();
});

afterAll(() => hub.remove());

describe('exec', () => {
  test('prints what the code prints, and the bare result', async () => {
    const ended = await command(hub, ['exec', '-c', 'import sys; print("out"); print("err", file=sys.stderr); 6*7']);
    expect(ended).toEqual({ exitCode: 0, stdout: 'out\n42\n', stderr: 'err\n' });
  });

  test('reads the code from standard input, and answers input() from a file’s lines', async () => {
    const fromPipe = await command(hub, ['exec', '-'], 'print("piped")');
    expect(fromPipe.stdout).toBe('piped\n');
    const asked = await command(hub, ['exec', '-c', 'print(input("a? ") + input("b? "))'], 'one\ntwo\n');
    expect(asked.stdout).toMatch(/onetwo\n$/);
  });

  test('exits with 1 and the traceback when the code fails, and leaves no kernel', async () => {
    const ended = await command(hub, ['exec', '-c', '1/0']);
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain('ZeroDivisionError: division by zero');
    expect((await command(hub, ['kernels', '--json'])).stdout).toBe('[]\n');
  });

  test('[J15] prints what the code offers as the next input, and names a file to edit', async () => {
    const code = 'get_ipython().set_next_input("x = 1")\n%edit good.ipynb';
    const { stdout, exitCode } = await command(hub, ['exec', '-c', code]);
    expect(stdout).toMatch(/edit: .*good\.ipynb, line \d+\n/);
    expect(stdout).toContain('x = 1\n');
    expect(exitCode).toBe(0);
  });

  test('[J15] ends well when the code ends the kernel by itself', async () => {
    const ended = await command(hub, ['exec', '-c', 'print("last"); exit()']);
    expect(ended).toEqual({ exitCode: 0, stdout: 'last\n', stderr: '' });
    expect((await command(hub, ['kernels', '--json'])).stdout).toBe('[]\n');
  });

  test('--json gives the transcript, one entry a line', async () => {
    const { stdout } = await command(hub, ['exec', '--json', '-c', 'print(1)']);
    const entries = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(entries.map(({ type }) => type)).toEqual(['output', 'finished']);
  });

  test('--notebook uses the notebook’s kernel and what is in its memory', async () => {
    await command(hub, ['exec', '--notebook', 'good.ipynb', '-c', 'remembered = 1']);
    const ended = await command(hub, ['exec', '--notebook', 'good.ipynb', '-c', 'remembered + 1']);
    expect(ended).toMatchObject({ exitCode: 0, stdout: '2\n' });
    expect((await command(hub, ['kernels'])).stdout).toContain('good.ipynb');
  });
});

describe('run', () => {
  test('[M32] runs all cells with a line each, and saves', async () => {
    const ended = await command(hub, ['run', 'good.ipynb', '--name', 'Robot']);
    expect(ended.stdout).toMatch(/^\[1\/2\] ok .*x = 6\n\[2\/2\] ok .*print\(x \* 7\)\n$/);
    expect(ended.exitCode).toBe(0);
    const [, printed] = hub.readNotebook('good.ipynb').cells;
    expect(JSON.stringify(printed)).toContain('42');
    expect(JSON.stringify(printed?.metadata)).toContain('Robot');
  });

  test('[M32] exits with 1 at the first error, with its traceback; the rest is not run', async () => {
    const ended = await command(hub, ['run', 'bad.ipynb', '--json']);
    expect(ended.exitCode).toBe(1);
    const lines = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { state: string });
    expect(lines.map(({ state }) => state)).toEqual(['failed', 'cancelled']);
    expect((await command(hub, ['run', 'bad.ipynb'])).stderr).toContain('ZeroDivisionError');
  });

  test('a notebook that is not there is named, with exit code 3', async () => {
    const ended = await command(hub, ['run', 'nope.ipynb']);
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toMatch(/^cokernel: .*nope\.ipynb/);
  });
});

describe('what a notebook has no room for', () => {
  const numbers = Array.from({ length: 60_000 }, (_, number) => `${String(number)}\n`).join('');
  const prints = 'for i in range(60_000): print(i)';

  test('exec passes on whole, each line once', async () => {
    const ended = await command(hub, ['exec', '-c', `${prints}\nprint("no line end", end="")`]);
    expect(ended.stdout === `${numbers}no line end`).toBe(true);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('exec passes on whole when it is a long error, or more outputs than a notebook shows', async () => {
    const code = 'for i in range(2_100): display(i)\nraise ValueError("y" * 100_000 + "!")';
    const ended = await command(hub, ['exec', '-c', code]);
    expect(ended.stdout).toBe(numbers.split('\n').slice(0, 2_100).join('\n') + '\n');
    expect(ended.stderr).toContain(`${'y'.repeat(100_000)}!`);
    expect(ended.exitCode).toBe(1);
  });

  test('output writes as it was printed, by the cell’s id, the beginning of it, or its place', async () => {
    hub.writeNotebook('large.ipynb', [
      { id: 'quiet', source: 'x = 1' },
      { id: 'large', source: `${prints}\nraise ValueError("z" * 100_000 + "!")` },
    ]);
    expect((await command(hub, ['run', 'large.ipynb'])).stderr).toContain(`${'z'.repeat(100_000)}!`);
    for (const cell of ['large', 'lar', '2']) {
      const { stdout, exitCode } = await command(hub, ['output', 'large.ipynb', cell]);
      expect(exitCode).toBe(0);
      expect(stdout.startsWith(numbers)).toBe(true);
      expect(stdout).toContain(`${'z'.repeat(100_000)}!`);
    }
    expect((await command(hub, ['output', 'large.ipynb'])).stdout).toMatch(
      /^2 +large +2 outputs, [\d,]+ bytes in all +for /,
    );
  });

  test('output searches, and says so by its exit code when the words are not there', async () => {
    const found = await command(hub, ['output', 'large.ipynb', 'large', '--search', '5999']);
    expect(found.stdout).toMatch(/^output 1, 6000: 5999\noutput 1, 16000: 15999\n/);
    expect(found.stdout).toMatch(/output 1, 60000: 59999\n$/);
    const error = await command(hub, ['output', 'large.ipynb', 'large', '--search', 'ValueError(']);
    expect(error.stdout).toMatch(/^output 2, \d+: .*ValueError\(/);
    const none = await command(hub, ['output', 'large.ipynb', 'large', '--search', 'nowhere']);
    expect(none).toEqual({ exitCode: 1, stdout: '', stderr: '' });
  });

  test('output says what is not there', async () => {
    const says = async (...words: string[]) => {
      const { exitCode, stderr } = await command(hub, ['output', ...words]);
      return `${String(exitCode)} ${stderr}`;
    };
    expect(await says('nope.ipynb', '1')).toMatch(/^3 cokernel: .*nope\.ipynb/);
    expect(await says('large.ipynb', 'none')).toMatch(
      /^2 .*no cell 'none' in large\.ipynb; `cokernel output large\.ipynb` lists/,
    );
    expect(await says('large.ipynb', 'quiet')).toMatch(/^2 .*cell quiet of large\.ipynb has no output/);
  });

  test('a reader that has read enough ends it quietly, and the kernel of an exec with it', async () => {
    const kernels = async () => (JSON.parse((await command(hub, ['kernels', '--json'])).stdout) as unknown[]).length;
    const before = await kernels();
    for (const args of [
      ['output', 'large.ipynb', 'large'],
      ['exec', '-c', prints],
    ])
      expect(await commandInto('head -1', hub, args)).toEqual({ exitCode: 0, stdout: '0\n', stderr: '' });
    expect(await kernels()).toBe(before);
  });
});

describe('a hub is found', () => {
  test('by the file of the hub that runs for this user', async () => {
    const { stdout } = await command(hub, ['ls', '--json']);
    expect((JSON.parse(stdout) as { path: string }[]).map(({ path }) => path)).toContain('good.ipynb');
  });

  test('by --hub and --token, and a wrong token is refused with exit code 3', async () => {
    expect((await command(hub, ['ls', '--hub', hub.url, '--token', 'T'])).exitCode).toBe(0);
    const refused = await command(hub, ['ls', '--hub', hub.url, '--token', 'wrong']);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(/token/);
  });

  test('or the lack of one is said, with what to do', async () => {
    const ended = await command(hub, ['ls', '--hub', 'http://127.0.0.1:9']);
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  test.each([
    [{ COKERNEL_DATA: '/c', XDG_DATA_HOME: '/x', HOME: '/h' }, 'linux', '/c'],
    [{ XDG_DATA_HOME: '/x', HOME: '/h' }, 'linux', '/x/cokernel'],
    [{ HOME: '/h' }, 'linux', '/h/.local/share/cokernel'],
    [{ HOME: '/h' }, 'darwin', '/h/Library/Application Support/cokernel'],
  ] as const)('with the data folder of %j on %s', (env, platform, folder) => {
    expect(dataFolder(env, platform)).toBe(folder);
  });

  test('of several, the one that serves the current folder is meant', () => {
    const at = (folder: string) => ({ url: `http://${folder}`, token: 't', folder, host: 'h', pid: 1 });
    expect(chooseHub([], '/a')).toBe('none');
    expect(chooseHub([at('/a')], '/b')).toEqual(at('/a'));
    expect(chooseHub([at('/a'), at('/b')], '/b/sub')).toEqual(at('/b'));
    expect(chooseHub([at('/a'), at('/b')], '/c')).toBe('several');
    // Two hubs of one folder are one.
    expect(chooseHub([at('/a'), { ...at('/a'), url: 'http://other', pid: 2 }], '/c')).toEqual(at('/a'));
    expect(contains('/a', '/ab')).toBe(false);
  });
});

describe('the hub’s own commands', () => {
  test('serve passes its arguments and the hub’s exit code on', async () => {
    const program = join(hub.root, 'fake-hub.mjs');
    writeFileSync(program, 'process.exit(process.argv.slice(2).join(" ") === "DIR --port 1" ? 7 : 1)');
    await expect(serve(pathToFileURL(program), ['DIR', '--port', '1'])).resolves.toBe(7);
  });

  test('serve says what to do when the hub is not built', async () => {
    await expect(serve(new URL('file:///nowhere/main.js'), [])).rejects.toThrow(/npm start/);
  });

  test('a command that is not there is a usage error', async () => {
    expect((await command(hub, ['nonsense'])).exitCode).toBe(2);
    expect((await command(hub, ['exec'])).exitCode).toBe(2);
    const asFile = await command(hub, ['exec', 'print(1+1)']);
    expect(asFile).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('code is given by -c CODE') as unknown,
    });
  });

  test('stop ends the hub and returns when it is gone', async () => {
    const ended = await command(hub, ['stop']);
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('has ended') as unknown });
    expect((await command(hub, ['ls'])).exitCode).toBe(3);
  });
});
