/** The steps of set-up: what each finds done, does, or tells in two lines. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { targets } from '../../scripts/set-up/build.mjs';
import { fillNotebooks } from '../../scripts/set-up/example-notebooks.mjs';
import { findPythonKernels } from '../../scripts/set-up/kernelspecs.mjs';
import { withLock } from '../../scripts/set-up/lock.mjs';
import { checkNodeVersion } from '../../scripts/set-up/node-version.mjs';
import { findNpm } from '../../scripts/set-up/npm.mjs';
import { installPackages, isInstalled } from '../../scripts/set-up/packages.mjs';
import { dataFolder, makeDataFolder } from '../../scripts/set-up/paths.mjs';
import { findOlderKernel } from '../../scripts/set-up/older-kernel.mjs';
import { findOrMakeKernel } from '../../scripts/set-up/python-kernel.mjs';
import { addCounts, readCounts } from '../../scripts/set-up/run-jest.mjs';
import { fingerprint } from '../../scripts/set-up/stamp.mjs';
import { findClusterPrograms, findTestPrograms } from '../../scripts/set-up/test-programs.mjs';
import { repository } from '../end-to-end/support/repository.js';

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'cokernel-set-up-'));
});

afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function write(path: string, content: string, mode = 0o644): string {
  const file = join(scratch, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

/** A person reads what is missing on the first line and what to do on the second. */
const twoLines = /^[^\n]+\n[^\n]+$/;

describe('Node', () => {
  test.each(['20.0.0', '22.4.1', '26.0.0'])('Node %s is new enough', (version) => {
    expect(() => {
      checkNodeVersion(version);
    }).not.toThrow();
  });

  test('an older Node is told in two lines', () => {
    expect(() => {
      checkNodeVersion('18.19.0');
    }).toThrow(twoLines);
  });
});

describe('packages', () => {
  const lock = (version: string): string =>
    JSON.stringify({
      packages: { 'node_modules/a': { version }, 'node_modules/b': { version: '1.0.0', optional: true } },
    });

  test('node_modules is installed when it holds each version, but for optional ones of other platforms', () => {
    const there = JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } });
    expect(isInstalled(lock('1.0.0'), there)).toBe(true);
    expect(isInstalled(lock('1.0.1'), there)).toBe(false);
    expect(isInstalled(lock('1.0.0'), null)).toBe(false);
  });

  test('npm ci runs when the lockfile has changed and not again after it', async () => {
    write('package-lock.json', lock('1.0.0'));
    const npm = write(
      'npm-cli.js',
      `require('node:fs').appendFileSync('calls', process.argv.slice(2, 4).join(' ') + '\\n')`,
    );
    mkdirSync(join(scratch, 'node_modules'));
    const env = { ...process.env, npm_execpath: npm };
    expect(await installPackages(scratch, env)).toMatchObject({ changed: true });
    expect(await installPackages(scratch, env)).toMatchObject({ changed: false });
    write('package-lock.json', lock('1.0.1'));
    expect(await installPackages(scratch, env)).toMatchObject({ changed: true });
    expect(fileText('calls')).toBe('ci --ignore-scripts\nci --ignore-scripts\n');
  });

  test('an npm that fails is told with its last lines and what to do, and is tried again', async () => {
    write('package-lock.json', lock('1.0.0'));
    const npm = write('npm-cli.js', `console.error('npm error network'); process.exit(1)`);
    const env = { ...process.env, npm_execpath: npm };
    await expect(installPackages(scratch, env)).rejects.toThrow(/npm error network\n.*run the same command again/);
    await expect(installPackages(scratch, env)).rejects.toThrow(/npm error network/);
  });

  test('npm is found without npm_execpath, beside Node or on PATH', () => {
    const folder = mkdtempSync(join(scratch, 'prefix-'));
    const cli = write(`${folder.slice(scratch.length + 1)}/lib/node_modules/npm/bin/npm-cli.js`, '');
    expect(findNpm({ PATH: '' }, join(folder, 'bin', 'node'))).toBe(cli);
    expect(findNpm({ PATH: process.env['PATH'] }, process.execPath)).toMatch(/npm-cli\.js$/);
  });
});

function fileText(path: string): string {
  return readFileSync(join(scratch, path), 'utf8');
}

describe('build', () => {
  test('a source that is added, changed or removed makes another fingerprint, and nothing else does', () => {
    const file = write('src/one.ts', 'one');
    const first = fingerprint([join(scratch, 'src')]);
    expect(fingerprint([join(scratch, 'src')])).toBe(first);
    writeFileSync(file, 'more');
    const second = fingerprint([join(scratch, 'src')]);
    write('src/deep/two.ts', 'two');
    const third = fingerprint([join(scratch, 'src')]);
    expect(new Set([first, second, third]).size).toBe(3);
  });

  test('each target names sources that exist', () => {
    for (const { name, sources } of targets) {
      expect([name, sources.filter((source) => existsSync(repository.root + source)).length > 3]).toEqual([name, true]);
    }
  });
});

describe('data folder', () => {
  test.each([
    [{ COKERNEL_DATA: '/a/b', XDG_DATA_HOME: '/x', HOME: '/h' }, 'linux', '/a/b'],
    [{ XDG_DATA_HOME: '/x', HOME: '/h' }, 'linux', '/x/cokernel'],
    [{ HOME: '/h' }, 'linux', '/h/.local/share/cokernel'],
    [{ HOME: '/h' }, 'darwin', '/h/Library/Application Support/cokernel'],
  ] as const)('%j on %s is %s', (env, os, folder) => {
    expect(dataFolder(env, os)).toBe(folder);
  });

  test('it is made for its owner only, also when it was open to others before', () => {
    const folder = join(scratch, 'data');
    mkdirSync(folder, { mode: 0o755 });
    makeDataFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
});

describe('kernel', () => {
  /** A Python that knows ipykernel and whose kernel answers, as far as set-up can see; it notes each call. */
  const answering = '#!/bin/sh\necho "$@" >> "${0%/*}/calls"\n';

  function kernelspec(argv: readonly string[]): void {
    write('jupyter/kernels/python3/kernel.json', JSON.stringify({ argv, display_name: 'P', language: 'python' }));
  }

  const need = (): { data: string; env: NodeJS.ProcessEnv; packages: readonly string[] } => ({
    data: join(scratch, 'data'),
    env: { PATH: scratch, HOME: scratch, JUPYTER_PATH: join(scratch, 'jupyter') },
    packages: ['ipykernel', 'nbformat==5.0'],
  });

  test('[J13] kernelspecs are found on JUPYTER_PATH first and in the data folder’s own environment', () => {
    const python = write('bin/python', answering, 0o755);
    kernelspec([python, '-m', 'ipykernel_launcher', '-f', '{connection_file}']);
    const own = 'data/.venv/share/jupyter/kernels/python3/kernel.json';
    write(own, JSON.stringify({ argv: [python, '-m', 'ipykernel_launcher'] }));
    write('jupyter/kernels/broken/kernel.json', '{');
    const { data, env } = need();
    const folders = findPythonKernels(data, env).map(({ folder }) => folder.slice(scratch.length));
    expect(folders.slice(0, 2)).toEqual(['/jupyter/kernels/python3', '/data/.venv/share/jupyter/kernels/python3']);
  });

  test('[J13] a bare python in a kernelspec is the Python of the environment that it was installed into', () => {
    const python = write('data/.venv/bin/python', answering, 0o755);
    write('python', answering, 0o755);
    const own = 'data/.venv/share/jupyter/kernels/python3/kernel.json';
    write(own, JSON.stringify({ argv: ['python', '-m', 'ipykernel_launcher'] }));
    const { data, env } = need();
    expect(findPythonKernels(data, env)[0]?.python).toBe(python);
  });

  test('a kernel that answered is not asked again until its interpreter changes', async () => {
    const python = write('bin/python', answering, 0o755);
    kernelspec([python, '-m', 'ipykernel_launcher', '-f', '{connection_file}']);
    expect(await findOrMakeKernel(need())).toMatchObject({ changed: true, python });
    expect(await findOrMakeKernel(need())).toMatchObject({ changed: false, python });
    const asked = fileText('bin/calls');
    expect(asked).toMatch(/has_packages\.py ipykernel nbformat==5\.0\n/);
    expect(asked.split('\n').filter((call) => call.includes('probe_kernel.py'))).toHaveLength(1);
    rmSync(python);
    write('bin/python', `${answering}\n`, 0o755);
    expect(await findOrMakeKernel(need())).toMatchObject({ changed: true, python });
  });

  test('a kernel that answered is looked at again when other packages are needed', async () => {
    const python = write('bin/python', answering, 0o755);
    kernelspec([python, '-m', 'ipykernel_launcher', '-f', '{connection_file}']);
    await findOrMakeKernel(need());
    const more = { ...need(), packages: ['ipykernel', 'nbformat==5.1'] };
    expect(await findOrMakeKernel(more)).toMatchObject({ changed: true, python });
  });

  test('a Python that has another version than the one named is not taken', () => {
    const python = process.env['COKERNEL_TEST_PYTHON'] ?? 'python3';
    const check = (...packages: readonly string[]): number | null =>
      spawnSync(python, [join(repository.root, 'scripts/set-up/has_packages.py'), ...packages]).status;
    expect(check('ipykernel', 'jupyter_server==2.21.1')).toBe(0);
    expect(check('ipykernel', 'jupyter_server==1.0.0')).toBe(1);
    expect(check('cokernel-is-no-package-of-python')).toBe(1);
  });
});

describe('the older kernel', () => {
  test('a Python that has it is taken, and nothing is installed', async () => {
    const python = write('python3', '#!/bin/sh\n', 0o755);
    const install = (): Promise<boolean> => Promise.reject(new Error('nothing is to be installed'));
    expect(await findOlderKernel({ python, install })).toMatchObject({ changed: false, python });
  });

  test('it is installed where that can be done, and looked for again', async () => {
    const python = join(scratch, 'python3');
    const install = (packages: readonly string[]): Promise<boolean> => {
      write('python3', `#!/bin/sh\n# ${packages.join(' ')}\n`, 0o755);
      return Promise.resolve(true);
    };
    expect(await findOlderKernel({ python, install })).toMatchObject({ changed: true, python });
    expect(fileText('python3')).toContain('python3-ipykernel');
  });

  test('one of another generation that was installed instead is not taken', async () => {
    const python = write('python3', '#!/bin/sh\nexit 1\n', 0o755);
    expect((await findOlderKernel({ python, install: () => Promise.resolve(true) })).python).toBeNull();
  });

  test('where it can’t be installed, set-up goes on and says which tests are left out', async () => {
    const python = write('python3', '#!/bin/sh\nexit 1\n', 0o755);
    const found = await findOlderKernel({ python, install: () => Promise.resolve(false) });
    expect(found).toMatchObject({ changed: true, python: null });
    expect(found.detail).toMatch(/ipykernel 6.*left out/);
  });
});

describe('another program', () => {
  test('that is not there keeps nobody, and one that takes too long is ended', () => {
    const module = JSON.stringify(new URL('../../scripts/set-up/run-program.mjs', import.meta.url).href);
    const asks = `const { runProgram } = await import(${module});
      const never = [process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { timeoutMs: 500 }];
      const outcomes = [await runProgram('/nowhere', [], { timeoutMs: 600_000 }), await runProgram(...never)];
      console.log(outcomes.map(({ ok }) => ok).join());`;
    const asked = spawnSync(process.execPath, ['--input-type=module', '-e', asks], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect([asked.stdout, asked.status]).toEqual(['false,false\n', 0]);
  });
});

describe('test programs', () => {
  test('what is on PATH is not installed', async () => {
    for (const name of ['redis-server', 'nginx', 'chromium']) write(name, '', 0o755);
    const installed = await findTestPrograms(scratch, () => Promise.reject(new Error('nothing is to be installed')));
    expect(installed.changed).toBe(false);
  });

  test('only what is missing is installed', async () => {
    write('chromium', '', 0o755);
    write('nginx', '', 0o755);
    const asked: string[] = [];
    const install = (packages: readonly string[]): Promise<boolean> => {
      asked.push(...packages);
      write('redis-server', '', 0o755);
      return Promise.resolve(true);
    };
    expect((await findTestPrograms(scratch, install)).changed).toBe(true);
    expect(asked).toEqual(['redis-server']);
  });

  test('what can’t be installed is an error of two lines, not a skipped test', async () => {
    await expect(findTestPrograms(scratch, () => Promise.resolve(false))).rejects.toThrow(twoLines);
  });

  test('many hubs need no browser, and say what they do need', async () => {
    write('nginx', '', 0o755);
    const refused = findClusterPrograms(scratch, () => Promise.resolve(false));
    await expect(refused).rejects.toThrow(/^Many hubs need redis-server, .*\nInstall it/);
  });
});

describe('notebooks', () => {
  test('the folder is filled from the examples once; what a person deletes stays deleted', () => {
    write('examples/welcome.ipynb', '{}');
    expect(fillNotebooks(scratch).changed).toBe(true);
    rmSync(join(scratch, 'notebooks', 'welcome.ipynb'));
    expect(fillNotebooks(scratch).changed).toBe(false);
    expect(readdirSync(join(scratch, 'notebooks'))).toEqual([]);
  });
});

describe('one set-up at a time', () => {
  test('a second one waits for the first, and one that died is no hindrance', async () => {
    const file = join(scratch, 'lock');
    writeFileSync(file, '999999999');
    const order: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    };
    await Promise.all([withLock(file, work('one')), withLock(file, work('two'))]);
    expect(order).toHaveLength(4);
    expect(order[0]?.split(' ')[0]).toBe(order[1]?.split(' ')[0]);
  });
});

describe('the count', () => {
  const result = {
    numPassedTests: 3,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 2,
    numPendingTests: 4,
    numTodoTests: 1,
  };

  test('a suite that could not be run counts as a failure, and a test that is to be written as skipped', () => {
    expect(readCounts(JSON.stringify(result))).toEqual({ passed: 3, failed: 3, skipped: 5 });
  });

  test('two runs are summed', () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(addCounts(one, one)).toEqual({ passed: 2, failed: 4, skipped: 6 });
  });
});
