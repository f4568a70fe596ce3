/** What a hub is told at its start, and what it says when that can't be. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dataDirectoryOf, readConfig } from '../src/config.js';
import type { HubConfig } from '../src/config.js';
import { StartError } from '../src/errors.js';
import type { ScratchFolder } from './support/scratch-folder.js';
import { scratchFolder } from './support/scratch-folder.js';

let scratch: ScratchFolder;
let served: string;

beforeAll(async () => {
  scratch = await scratchFolder();
  served = path.join(scratch.path, 'served');
  await mkdir(served);
  await symlink(served, path.join(scratch.path, 'link'));
  await writeFile(path.join(scratch.path, 'file'), '');
});

afterAll(() => scratch.remove());

async function config(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<HubConfig> {
  const read = await readConfig(args, { COKERNEL_DATA: path.join(scratch.path, 'data'), ...env });
  if (read === null) throw new Error('help was shown');
  return read;
}

function refusal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<StartError> {
  return config(args, env).then(
    () => {
      throw new Error('it was accepted');
    },
    (error: unknown) => {
      if (error instanceof StartError) return error;
      throw error;
    },
  );
}

describe('a hub that is told little', () => {
  test('serves on loopback, on the first free port, with a token that nobody guesses', async () => {
    const { host, port, token, redisUrl, openBrowser } = await config([served]);
    expect({ host, port, redisUrl, openBrowser }).toEqual({
      host: '127.0.0.1',
      port: null,
      redisUrl: null,
      openBrowser: true,
    });
    expect(token).toMatch(/^[0-9a-f]{48}$/);
    expect((await config([served])).token).not.toBe(token);
  });

  test('makes its data folder for its owner alone', async () => {
    const { dataDirectory } = await config([served]);
    expect((await stat(dataDirectory)).mode & 0o777).toBe(0o700);
  });

  test('has one store a real folder, whatever link leads to it', async () => {
    const straight = await config([served]);
    const byLink = await config([path.join(scratch.path, 'link')]);
    expect(byLink.folder).toBe(await realpath(served));
    expect(byLink.storeDirectory).toBe(straight.storeDirectory);
  });
});

describe('arguments', () => {
  test('are taken', async () => {
    const args = [served, '--port', '0', '--token', 'T', '--no-open', '--host', '0.0.0.0', '--log-level', 'debug'];
    expect(await config(args)).toMatchObject({
      port: 0,
      token: 'T',
      openBrowser: false,
      host: '0.0.0.0',
      logLevel: 'debug',
    });
  });

  test('count more than the environment', async () => {
    const env = { COKERNEL_TOKEN: 'E', REDIS_URL: 'redis://one' };
    expect(await config([served], env)).toMatchObject({ token: 'E', redisUrl: 'redis://one' });
    expect(await config([served, '--token', 'A', '--redis', 'redis://two'], env)).toMatchObject({
      token: 'A',
      redisUrl: 'redis://two',
    });
  });

  test('name one Redis, or nodes of a Redis Cluster', async () => {
    const addresses = [
      'redis://127.0.0.1:6379/2',
      'rediss://ann:p%2Cq,r@host',
      'redis://a:1,b:2,[::1]:3',
      'redis://:secret@a:1,b/0',
      'redis://a?cluster=1',
    ];
    for (const address of addresses) {
      expect(await config([served], { REDIS_URL: address })).toMatchObject({ redisUrl: address });
    }
  });

  test.each([
    ['redis://:secret@a:1,b:x', "not '…@a:1,b:x'"],
    ['redis://:secret@a:1,redis://:secret@b:1', "not '…@b:1'"],
    ['redis://a,,b', "not 'redis://a,,b'"],
    ['redis://:secret@a:1,b:2/3', 'database 0'],
    ['redis://:secret@a:1?cluster=yes', 'cluster=1'],
    ['redis-cluster://:secret@a:1', "not '…@a:1'"],
  ])('[P53] refuse %s as a Redis, and say no password', async (address, told) => {
    const { message } = await refusal([served], { REDIS_URL: address });
    expect(message).toContain(told);
    expect(message).not.toContain('secret');
  });

  test('keep documents in Redis only when asked to, and only where there is one', async () => {
    const env = { REDIS_URL: 'redis://one' };
    expect(await config([served], env)).toMatchObject({ documents: 'folder' });
    expect(await config([served], { ...env, COKERNEL_DOCUMENTS: 'redis' })).toMatchObject({ documents: 'redis' });
    expect(await config([served, '--redis', 'redis://two'], { COKERNEL_DOCUMENTS: 'redis' })).toMatchObject({
      documents: 'redis',
    });
    await expect(config([served], { COKERNEL_DOCUMENTS: 'redis' })).rejects.toThrow('needs a Redis');
    await expect(config([served], { ...env, COKERNEL_DOCUMENTS: 'disk' })).rejects.toThrow("not 'disk'");
  });

  test('[P54] be one of many hubs, which have a Redis and a token in common, and keep kernels at any stop', async () => {
    const env = { REDIS_URL: 'redis://one', COKERNEL_TOKEN: 'together', COKERNEL_PEER_ADDRESS: 'http://hub-a:8765' };
    expect((await config([served])).peers).toBeNull();
    expect(await config([served], env)).toMatchObject({
      peers: { address: 'http://hub-a:8765', redisUrl: 'redis://one', leaseMs: 3_000 },
      documents: 'redis',
      kernelsAtStop: 'keep',
    });
    const given = ['--peer-address', 'https://hub-b/', '--stop-kernels'];
    expect(await config([served, ...given], { ...env, COKERNEL_LEASE_MS: '500' })).toMatchObject({
      peers: { address: 'https://hub-b', leaseMs: 500 },
      kernelsAtStop: 'stop',
    });
  });

  test.each([
    [{ REDIS_URL: '' }, 'name it by REDIS_URL'],
    [{ COKERNEL_TOKEN: undefined }, 'name it by COKERNEL_TOKEN'],
    [{ COKERNEL_DOCUMENTS: 'folder' }, 'COKERNEL_DOCUMENTS=folder is for one hub'],
    [{ COKERNEL_PEER_ADDRESS: 'hub-a:8765' }, "not 'hub-a:8765'"],
    [{ COKERNEL_PEER_ADDRESS: 'http://hub-a/base' }, "not 'http://hub-a/base'"],
    [{ COKERNEL_LEASE_MS: '10' }, 'from 200'],
  ])('[P54] refuse to be one of many with %j', async (wrong, told) => {
    const env = { REDIS_URL: 'redis://one', COKERNEL_TOKEN: 'together', COKERNEL_PEER_ADDRESS: 'http://hub-a:8765' };
    expect((await refusal([served], { ...env, ...wrong })).message).toContain(told);
  });

  test('name a remote engine, whose token comes from the environment alone', async () => {
    const env = { COKERNEL_GATEWAY_URL: 'https://one.example/base', COKERNEL_GATEWAY_TOKEN: 'secret' };
    expect(await config([served])).toMatchObject({ gateway: null });
    expect((await config([served], env)).gateway).toEqual({ url: 'https://one.example/base', token: 'secret' });
    const args = [served, '--gateway-url', 'http://two.example:8888'];
    expect((await config(args, env)).gateway).toEqual({ url: 'http://two.example:8888/', token: 'secret' });
    expect((await config(args)).gateway?.token).toBeNull();
  });

  test('[P53] name a token for figures by the environment alone, since others see options', async () => {
    expect(await config([served], { COKERNEL_METRICS_TOKEN: '' })).toMatchObject({ metricsToken: null });
    expect(await config([served], { COKERNEL_METRICS_TOKEN: 'figures' })).toMatchObject({ metricsToken: 'figures' });
    expect((await refusal([served], { COKERNEL_METRICS_TOKEN: 'a b' })).message).toContain('COKERNEL_METRICS_TOKEN');
  });

  test('limit and cull kernels, and say what becomes of them at a stop', async () => {
    expect(await config([served])).toMatchObject({
      limits: { perHub: null, perPerson: null },
      culling: { idleAfterMs: null, evenWatched: false },
      kernelsAtStop: null,
    });
    const limits = ['--max-kernels', '8', '--max-kernels-per-person', '2'];
    const culling = ['--cull-idle-after', '30m', '--cull-watched'];
    expect(await config([served, ...limits, ...culling, '--keep-kernels'])).toMatchObject({
      limits: { perHub: 8, perPerson: 2 },
      culling: { idleAfterMs: 1_800_000, evenWatched: true },
      kernelsAtStop: 'keep',
    });
    const env = { COKERNEL_CULL_IDLE_AFTER: '2h' };
    expect((await config([served, '--stop-kernels'], env)).culling.idleAfterMs).toBe(7_200_000);
    expect((await config([served, '--cull-idle-after', 'never'], env)).culling.idleAfterMs).toBeNull();
  });

  test('that ask for help are answered with it', async () => {
    expect(await readConfig(['--help'], {})).toBeNull();
  });

  test.each<[string, string[], RegExp]>([
    ['an unknown option', ['--what'], /--what.*--help/],
    ['a port that is none', ['--port', 'x'], /--port.*'x'/],
    ['a port beyond the last', ['--port', '65536'], /--port/],
    ['a token that does not fit into an address', ['--token', 'a b'], /--token/],
    ['an empty token', ['--token', ''], /--token/],
    ['a Redis that is no address', ['--redis', 'localhost'], /redis:\/\//],
    ['a remote engine that is no address', ['--gateway-url', 'host:8888'], /https:\/\//],
    ['a remote engine with a secret in its address', ['--gateway-url', 'https://h/?token=t'], /COKERNEL_GATEWAY_TOKEN/],
    ['an unknown log level', ['--log-level', 'loud'], /--log-level.*'loud'/],
    ['a limit of no kernels', ['--max-kernels', '0'], /--max-kernels takes.*'0'/],
    ['a time without a unit', ['--cull-idle-after', '30'], /--cull-idle-after.*30m.*'30'/],
    ['both ways at a stop', ['--keep-kernels', '--stop-kernels'], /opposite/],
    ['two folders', ['other'], /one folder/],
  ])('with %s are refused with exit code 2 and what to write', async (_title, args, message) => {
    const error = await refusal([served, ...args]);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(message);
  });

  test.each<[string, string, RegExp]>([
    ['is not there', 'nowhere', /there is no folder/],
    ['is a file', 'file', /is a file/],
  ])('with a folder that %s are refused in one sentence', async (_title, name, message) => {
    const error = await refusal([path.join(scratch.path, name)]);
    expect(error.exitCode).toBe(1);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(name);
  });

  test('with a limit of the keeper that is no number are refused with its name', async () => {
    expect(await config([served])).toMatchObject({
      keeperLeavesAfterMs: 43_200_000,
      journalMaxBytes: 67_108_864,
      unreadJournalMaxBytes: 1_073_741_824,
    });
    expect(await config([served], { COKERNEL_KEEPER_LEAVES_AFTER_MS: '5000' })).toMatchObject({
      keeperLeavesAfterMs: 5_000,
    });
    const journals = ['COKERNEL_JOURNAL_MAX_BYTES', 'COKERNEL_UNREAD_JOURNAL_MAX_BYTES'];
    for (const name of ['COKERNEL_KEEPER_LEAVES_AFTER_MS', ...journals]) {
      expect((await refusal([served], { [name]: 'soon' })).message).toContain(name);
    }
  });

  test('say whether the keeper is somebody else’s to start', async () => {
    expect((await config([served])).keeper).toBe('own');
    expect((await config([served], { COKERNEL_KEEPER: 'external' })).keeper).toBe('external');
    expect((await refusal([served], { COKERNEL_KEEPER: 'none' })).message).toContain('COKERNEL_KEEPER');
  });

  test('with a data folder that can not be made are refused with its name', async () => {
    const data = path.join(scratch.path, 'file', 'data');
    expect((await refusal([served], { COKERNEL_DATA: data })).message).toContain(data);
  });
});

describe('the data folder', () => {
  test.each<[string, NodeJS.ProcessEnv, NodeJS.Platform, string]>([
    ['is where COKERNEL_DATA says', { COKERNEL_DATA: '/d', XDG_DATA_HOME: '/x' }, 'linux', '/d'],
    ['is in XDG_DATA_HOME', { XDG_DATA_HOME: '/x' }, 'linux', '/x/cokernel'],
    ['is in the home of a Linux user', {}, 'linux', '/home/ann/.local/share/cokernel'],
    ['is in the library of a macOS user', {}, 'darwin', '/home/ann/Library/Application Support/cokernel'],
  ])('%s', (_title, env, platform, expected) => {
    expect(dataDirectoryOf(env, '/home/ann', platform)).toBe(expected);
  });
});
