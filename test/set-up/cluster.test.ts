/**
 * Many hubs as files: what compose, the environment and the proxy's configuration say fits together, and is taken to
 * processes of one machine as it stands. The processes themselves run end to end.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { environmentOf, proxyConfiguration } from '../../scripts/cluster/environment.mjs';
import { clusterFolder, readOptions } from '../../scripts/cluster/options.mjs';
import { planOf } from '../../scripts/cluster/plan.mjs';
import { Program } from '../../scripts/cluster/program.mjs';
import { read } from '../../scripts/rules/sources.mjs';
import { SetUpError } from '../../scripts/set-up/report.mjs';
import { repository } from '../end-to-end/support/repository.js';

interface Service {
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly env_file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly extra_hosts?: readonly string[];
  readonly networks?: Readonly<Record<string, { readonly ipv4_address?: string }>> | readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const compose: Compose = parse(read('docker/compose.yaml').text, { merge: true });
const environmentFile = read('docker/hub.env').text;
const proxyFile = read('docker/nginx/cokernel.conf').text;
const hubs = Object.entries(compose.services).filter(([name]) => name.startsWith('hub-'));

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'cokernel-cluster-'));
});

afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe('compose', () => {
  test('starts two hubs, their keeper, Redis and proxy, each asked whether it is well, and shows the proxy to this machine alone', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['hub-a', 'hub-b', 'keeper', 'proxy', 'redis']);
    const ports = Object.entries(compose.services).flatMap(([name, service]) =>
      service.ports ? [[name, service.ports]] : [],
    );
    expect(ports).toEqual([['proxy', ['127.0.0.1:8765:8080']]]);
    for (const [name, { healthcheck }] of Object.entries(compose.services)) {
      expect([name, healthcheck?.test[0]]).toEqual([name, expect.stringMatching(/^CMD/)]);
    }
  });

  test('gives hubs and keeper the same folders, and mounts nothing that the clone lacks', () => {
    const folders = [...hubs, ['keeper', compose.services['keeper']] as const].map(([, service]) => service?.volumes);
    expect(new Set(folders.map((volumes) => volumes?.join()))).toEqual(new Set(['notebooks:/notebooks,data:/data']));
    const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    for (const mount of mounts) {
      const isThere = mount.startsWith('./')
        ? existsSync(join(repository.root, 'docker', mount))
        : mount in compose.volumes;
      expect([mount, isThere]).toEqual([mount, true]);
    }
  });

  test('tells hubs nothing that a hub does not know, and each its own address', () => {
    const known = read('hub/src/config.ts').text;
    for (const [name, { env_file: file, environment = {} }] of hubs) {
      expect(file).toBe('hub.env');
      expect(environment['COKERNEL_PEER_ADDRESS']).toBe(`http://${name}:8765`);
      for (const variable of [...Object.keys(environment), ...Object.keys(environmentOf(environmentFile, anyPlaces))]) {
        expect([variable, known.includes(`'${variable}'`)]).toEqual([variable, true]);
      }
    }
  });

  test('has the proxy name the hubs by addresses that stay, also while one is down', () => {
    const addresses = hubs.map(([name, { networks }]) => {
      const network = networks !== undefined && 'default' in networks ? networks['default'] : undefined;
      return `${name}:${network?.ipv4_address ?? ''}`;
    });
    expect(compose.services['proxy']?.extra_hosts).toEqual(addresses);
    const named = [...proxyFile.matchAll(/^ *server (hub-\w+):8765 /gm)].map(([, name]) => name);
    expect(named).toEqual(hubs.map(([name]) => name));
  });

  test('keeps kernels, which anybody’s code runs in, from Redis and from the hubs', () => {
    expect(compose.services['keeper']?.networks).toEqual(['kernels']);
    expect(compose.services['keeper']?.environment).toBeUndefined();
  });
});

const anyPlaces = { redis: '127.0.0.1:1', data: '/d' };

describe('the same as processes', () => {
  test('the environment file is taken with the places of this run', () => {
    expect(environmentOf(environmentFile, { redis: ':secret@127.0.0.1:7', data: '/some/where' })).toEqual({
      REDIS_URL: 'redis://:secret@127.0.0.1:7',
      COKERNEL_DATA: '/some/where',
      COKERNEL_KEEPER: 'external',
      COKERNEL_LEASE_MS: '3000',
    });
    expect(() => environmentOf('export A', anyPlaces)).toThrow(/NAME=value/);
  });

  test('the proxy’s configuration is taken for as many hubs as there are', () => {
    const text = proxyConfiguration(proxyFile, {
      listen: '127.0.0.1:1',
      hubs: ['127.0.0.1:2', '127.0.0.1:3', '127.0.0.1:4'],
    });
    expect([...text.matchAll(/^ *server (\S+) max_fails=0;$/gm)].map(([, hub]) => hub)).toEqual(
      [2, 3, 4].map((port) => `127.0.0.1:${port}`),
    );
    expect(text).toContain('listen 127.0.0.1:1;');
    expect(text).not.toMatch(/hub-a|8080/);
    expect(() => proxyConfiguration('http {}', { listen: '', hubs: [] })).toThrow(/names no hub/);
  });

  test('nginx accepts it, and what stands around it', () => {
    const { proxy } = planOf(clusterIn(scratch));
    const [program, ...args] = proxy.command;
    // It opens its standard output by name, which a pipe of Node's has none of.
    const output = openSync(join(scratch, 'said'), 'w');
    expect(() => execFileSync(program, ['-t', ...args], { stdio: ['ignore', output, 'pipe'] })).not.toThrow();
    closeSync(output);
  });

  test('kernels are told neither the token nor where Redis is', () => {
    const { keeper, hubs: planned } = planOf(clusterIn(scratch));
    const secrets = ['COKERNEL_TOKEN', 'REDIS_URL'];
    expect(secrets.filter((name) => name in keeper.env)).toEqual([]);
    expect(planned.map(({ env }) => secrets.filter((name) => env[name]))).toEqual([secrets, secrets]);
    expect(planned.map(({ env }) => env['COKERNEL_LEASE_MS'])).toEqual(['500', '500']);
  });
});

function clusterIn(folder: string) {
  const ports = { proxy: 1, redis: 2, hubs: [3, 4] };
  const env = { ...process.env, COKERNEL_TOKEN: 'of the person', REDIS_URL: 'redis://elsewhere:1' };
  return { folder, served: folder, token: 'T', leaseMs: 500, ports, env };
}

describe('a process of a cluster', () => {
  function program(code: string, isReady: () => boolean): Program {
    return new Program({
      ...{ name: 'one', env: process.env, folder: scratch, log: join(scratch, 'log'), endsBy: 'SIGTERM' },
      ...{ command: [process.execPath, '-e', code], isReady: () => Promise.resolve(isReady()), say: () => undefined },
    });
  }

  test('is started again when it ends, until it is told to end', async () => {
    const file = join(scratch, 'starts');
    const starts = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    const code = `require('fs').appendFileSync(${JSON.stringify(file)}, '.')`;
    const one = program(code, () => starts().length >= 2);
    await one.start();
    await one.end();
    const before = starts();
    await one.end();
    expect(starts()).toBe(before);
  });

  test('that ends again and again before it is ready is given up, with what it said', async () => {
    const one = program('console.error("no room"); process.exitCode = 2', () => false);
    await expect(one.start()).rejects.toThrow(/^one did not start. It said:\nno room\n(.|\n)*log\.$/);
    await one.end();
  });
});

describe('what is asked for', () => {
  test('has defaults, a folder from where the person is, and a place of its own for each served folder', () => {
    const options = readOptions(['mine', '--hubs', '3'], { INIT_CWD: scratch, COKERNEL_TOKEN: 'T' });
    expect(options).toEqual({
      folder: join(scratch, 'mine'),
      hubs: 3,
      port: null,
      leaseMs: null,
      token: 'T',
      data: null,
    });
    const env = { COKERNEL_DATA: scratch };
    expect(clusterFolder(scratch, env)).not.toBe(clusterFolder(tmpdir(), env));
  });

  test.each([[['--hubs', '0']], [['--port', 'x']], [['--lease-ms', '1']], [['a', 'b']], [['--nonsense']]])(
    '%j is refused with what to do',
    (args) => {
      expect(() => readOptions(args, {})).toThrow(SetUpError);
      expect(() => readOptions(args, {})).toThrow(/--help/);
    },
  );
});
