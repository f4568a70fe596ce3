/** J13: where kernelspecs are looked for, which of a name wins, and what is started from one. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findKernelSpecs } from '../../src/kernel/kernelspecs.js';
import { jupyterDataDirs } from '../../src/kernel/kernelspec-dirs.js';
import { launchOf } from '../../src/kernel/launch.js';

describe('jupyterDataDirs', () => {
  const surroundings = { home: '/home/ann', platform: 'linux' as const };

  test('[J13] JUPYTER_PATH, extra folders, the user, prefixes on PATH, the system: in this order, each once', () => {
    const env = { JUPYTER_PATH: '/a:/b/', PATH: '/opt/py/bin:/usr/bin:/sbin' };
    expect(jupyterDataDirs({ ...surroundings, env }, ['/data/.venv/share/jupyter'])).toEqual([
      '/a',
      '/b',
      '/data/.venv/share/jupyter',
      '/home/ann/.local/share/jupyter',
      '/opt/py/share/jupyter',
      '/usr/share/jupyter',
      '/usr/local/share/jupyter',
    ]);
  });

  test.each([
    ['linux', { XDG_DATA_HOME: '/xdg' }, '/xdg/jupyter'],
    ['linux', { XDG_DATA_HOME: '/xdg', JUPYTER_DATA_DIR: '/own' }, '/own'],
    ['darwin', {}, '/home/ann/Library/Jupyter'],
  ] as const)("[J13] on %s with %j the user's is %s", (platform, env, expected) => {
    expect(jupyterDataDirs({ home: '/home/ann', platform, env }, [])[0]).toBe(expected);
  });
});

describe('findKernelSpecs', () => {
  let folder: string;
  const logged: string[] = [];
  const log = (_level: string, message: string) => void logged.push(message);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cokernel-specs-'));
    logged.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const add = async (dataDir: string, name: string, content: unknown) => {
    const spec = join(folder, dataDir, 'kernels', name);
    await mkdir(spec, { recursive: true });
    await writeFile(join(spec, 'kernel.json'), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const find = (...dataDirs: string[]) =>
    findKernelSpecs(
      dataDirs.map((dir) => join(folder, dir)),
      log,
    );

  test('[J13] reads a spec with the defaults of the format', async () => {
    await add('a', 'deno', { argv: ['deno'], display_name: 'Deno', language: 'typescript' });
    expect(await find('a')).toEqual([
      {
        name: 'deno',
        displayName: 'Deno',
        language: 'typescript',
        argv: ['deno'],
        env: {},
        interruptMode: 'signal',
        metadata: {},
        resourceDir: join(folder, 'a/kernels/deno'),
      },
    ]);
  });

  test('[J13] the first of a name wins, whatever its case', async () => {
    await add('a', 'Python3', { argv: ['first'], display_name: 'First' });
    await add('b', 'python3', { argv: ['second'], display_name: 'Second' });
    expect((await find('a', 'b')).map(({ name, argv }) => [name, argv[0]])).toEqual([['python3', 'first']]);
  });

  test('[J13] what can not be read is skipped and logged, and hides no good one of its name', async () => {
    await add('a', 'python3', '{ broken');
    await add('a', 'no-argv', { display_name: 'x' });
    await add('b', 'python3', { argv: ['good'], display_name: 'Good' });
    await mkdir(join(folder, 'b/kernels/empty'));
    expect((await find('missing', 'a', 'b')).map(({ displayName }) => displayName)).toEqual(['Good']);
    expect(logged).toEqual(['a kernelspec was skipped', 'a kernelspec was skipped']);
  });

  test('[J13] templates are filled in, and a bare python is the one of the prefix', async () => {
    await add('prefix/share/jupyter', 'python3', {
      argv: ['python', '{resource_dir}/start.py', '{prefix}', '{connection_file}'],
      display_name: 'Python',
      interrupt_mode: 'message',
      env: { A: '${HOME}' },
    });
    const python = join(folder, 'prefix/bin/python');
    await mkdir(join(folder, 'prefix/bin'));
    await writeFile(python, '');
    await chmod(python, 0o755);
    const [spec] = await find('prefix/share/jupyter');
    expect(spec && (await launchOf(spec))).toEqual({
      argv: [python, `${spec?.resourceDir}/start.py`, join(folder, 'prefix'), '{connection_file}'],
      env: { A: '${HOME}' },
      interruptMode: 'message',
    });
  });
});
